//! Checks a database whose write-ahead log was left behind, before anything reads or writes it: the
//! log may belong to another file, for example after a backup was copied over.

use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection};

use super::driver_error::open_refusal;
use crate::database::open_error::{OpenError, OpenRefusal};

/// Others may be starting, too.
const SETUP: &str = "pragma busy_timeout = 5000";

const CHECK: &str = "pragma quick_check(1)";

/// Heads of the audit log with another number of rows, or another last row. The log has no gaps.
const AUDIT: &str = "select count(*) as wrong from audit_head as head \
    left join audit_entry as last on last.stream = head.stream and last.seq = head.seq \
    where (head.seq > 0 and last.link is not head.link) or head.seq <> \
        (select count(*) from audit_entry where audit_entry.stream = head.stream)";

#[derive(QueryableByName)]
struct Checked {
    #[diesel(sql_type = Text)]
    quick_check: String,
}

#[derive(QueryableByName)]
struct Wrong {
    #[diesel(sql_type = BigInt)]
    wrong: i64,
}

/// Checks the file if it has a log, which another process may be using.
pub(crate) fn check(path: &str) -> Result<(), OpenError> {
    let length = |path: &str| std::fs::metadata(path).map_or(0, |found| found.len());
    if length(&format!("{path}-wal")) == 0 {
        return Ok(());
    }
    let refused = |why| OpenError::refused(path, why);
    // SQLite would delete the log of a file that is empty.
    if length(path) == 0 {
        return Err(refused(OpenRefusal::ForeignLog));
    }
    tracing::info!("the database file has a log: checking both");
    let checked = check_file(path).map_err(|why| {
        refused(if why == OpenRefusal::Damaged { OpenRefusal::ForeignLog } else { why })
    });
    checked.map(drop)
}

/// Whether a file holds a database of this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// With an audit log.
    Madoguchi,
    /// Without one: it was never migrated, or is the database of another program.
    Other,
}

/// Whether the file is whole, and the audit log in it. It is opened only for reading, so that
/// nothing is brought from the log into the file.
pub(super) fn check_file(path: &str) -> Result<Content, OpenRefusal> {
    let url = format!("file:{}?mode=ro", encoded(path));
    let opened = SqliteConnection::establish(&url);
    let mut conn = opened.map_err(|_| OpenRefusal::PermissionDenied)?;
    conn.batch_execute(SETUP).map_err(|error| open_refusal(&error))?;
    let checked: Checked =
        diesel::sql_query(CHECK).get_result(&mut conn).map_err(|error| open_refusal(&error))?;
    if checked.quick_check != "ok" {
        return Err(OpenRefusal::Damaged);
    }
    match diesel::sql_query(AUDIT).get_result::<Wrong>(&mut conn) {
        Ok(Wrong { wrong: 0 }) => Ok(Content::Madoguchi),
        Ok(_) => Err(OpenRefusal::Damaged),
        Err(error) if error.to_string().starts_with("no such table") => Ok(Content::Other),
        Err(error) => Err(open_refusal(&error)),
    }
}

/// A path in a URI of SQLite.
fn encoded(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}
