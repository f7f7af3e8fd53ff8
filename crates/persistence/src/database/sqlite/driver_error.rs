//! What errors of SQLite mean. Diesel hides their codes, but SQLite's texts are the same in every
//! language.

use diesel::result::Error;
use madoguchi_domain::port::DownReason;

use crate::database::open_error::OpenRefusal;

/// Why nothing can be written, for those who watch the server. An error of PostgreSQL is `Other`:
/// its texts differ.
pub(crate) fn down_reason(error: &Error) -> DownReason {
    match text(error) {
        "database is locked" | "database table is locked" => DownReason::LockTimeout,
        "attempt to write a readonly database" => DownReason::ReadOnly,
        "database or disk is full" => DownReason::DiskFull,
        "disk I/O error" => DownReason::Io,
        "database disk image is malformed" | "file is not a database" => DownReason::Damaged,
        "unable to open database file" => DownReason::Unreachable,
        text if text.starts_with("no such table") => DownReason::Schema,
        _ => DownReason::Other,
    }
}

/// Why a file cannot be opened, for the one who starts the server.
pub(crate) fn open_refusal(error: &Error) -> OpenRefusal {
    if text(error) == "file is not a database" {
        return OpenRefusal::NotADatabase;
    }
    let reasons = [
        (DownReason::LockTimeout, OpenRefusal::Locked),
        (DownReason::ReadOnly, OpenRefusal::FileReadOnly),
        (DownReason::DiskFull, OpenRefusal::DiskFull),
        (DownReason::Io, OpenRefusal::DiskFails),
        (DownReason::Unreachable, OpenRefusal::PermissionDenied),
        (DownReason::Damaged, OpenRefusal::Damaged),
    ];
    let found = reasons.into_iter().find(|(reason, _)| *reason == down_reason(error));
    found.map_or(OpenRefusal::Other, |(_, why)| why)
}

fn text(error: &Error) -> &str {
    if let Error::DatabaseError(_, info) = error { info.message() } else { "" }
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;
    use diesel::{Connection, SqliteConnection};

    use super::*;

    /// The error of a statement on a new file, after others.
    fn error(before: &str, statement: &str) -> Error {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("m.db");
        let path = path.to_str().expect("UTF-8");
        let mut conn = SqliteConnection::establish(path).expect("opened");
        conn.batch_execute("create table t (filler blob)").expect("created");
        conn.batch_execute(before).expect("set up");
        conn.batch_execute(statement).expect_err("it fails")
    }

    #[test]
    fn every_text_is_the_one_of_this_sqlite() {
        let full = error("pragma max_page_count = 3", "insert into t values (zeroblob(100000))");
        assert_eq!(down_reason(&full), DownReason::DiskFull);
        let reading = error("pragma query_only = on", "insert into t values (x'00')");
        assert_eq!(down_reason(&reading), DownReason::ReadOnly);
        assert_eq!(down_reason(&error("", "delete from nowhere")), DownReason::Schema);
        assert_eq!(down_reason(&error("", "no statement")), DownReason::Other);

        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("text.db");
        std::fs::write(&path, "This is a text and no database, which is long enough.".repeat(99))
            .expect("written");
        let mut conn = SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("opened");
        let text = conn.batch_execute("create table t (a)").expect_err("it is no database");
        assert_eq!(open_refusal(&text), OpenRefusal::NotADatabase);

        let path = dir.path().join("locked.db");
        let path = path.to_str().expect("UTF-8");
        let mut first = SqliteConnection::establish(path).expect("opened");
        first.batch_execute("create table t (a); begin immediate").expect("locked");
        let mut second = SqliteConnection::establish(path).expect("opened");
        let locked = second.batch_execute("begin immediate").expect_err("it is locked");
        assert_eq!(down_reason(&locked), DownReason::LockTimeout);
    }
}
