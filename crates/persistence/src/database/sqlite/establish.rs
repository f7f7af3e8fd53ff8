//! Opens a SQLite connection with durable commits.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::sql_types::Integer;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection};

use super::driver_error::open_refusal;
use crate::database::open_error::{OpenError, OpenRefusal};

/// WAL allows reads during a write; FULL makes a commit durable before it is confirmed. What is
/// deleted is overwritten where that costs no other page: an erased data key leaves its page.
const SETUP: &str = "pragma journal_mode = wal; \
    pragma synchronous = full; pragma foreign_keys = on; \
    pragma wal_autocheckpoint = 4000; pragma cache_size = -16384; pragma secure_delete = fast;";

/// Only the user of the process reads and writes the file. SQLite gives its log the same rights.
pub(super) const MODE: u32 = 0o600;

/// How long a connection waits for the lock of another one, where nothing is configured.
pub(crate) const LOCK_TIMEOUT: Duration = Duration::from_millis(1500);

/// How long connections to a new file retry until one has set it up.
const NEW_FILE: Duration = Duration::from_secs(2);

#[derive(QueryableByName)]
struct Synchronous {
    #[diesel(sql_type = Integer)]
    synchronous: i32,
}

/// Opens a connection that waits at most `lock_timeout` for another one, and checks that its
/// commits are durable. A new file is created.
pub(crate) fn establish(path: &str, lock_timeout: Duration) -> Result<SqliteConnection, OpenError> {
    let refused = |why| OpenError::refused(path, why);
    create_if_missing(path).map_err(refused)?;
    let opened = SqliteConnection::establish(path);
    let mut conn = opened.map_err(|_| refused(OpenRefusal::PermissionDenied))?;
    let busy = format!("pragma busy_timeout = {};", lock_timeout.as_millis());
    conn.batch_execute(&busy).map_err(|error| refused(open_refusal(&error)))?;
    // The first connection to a new file sets its journal mode. `busy_timeout` does not cover that,
    // so the others retry.
    let began = Instant::now();
    while let Err(error) = conn.batch_execute(SETUP) {
        let why = open_refusal(&error);
        if began.elapsed() > lock_timeout + NEW_FILE || why != OpenRefusal::Locked {
            return Err(refused(why));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let level = diesel::sql_query("pragma synchronous").get_result::<Synchronous>(&mut conn);
    let level = level.map_err(|error| refused(open_refusal(&error)))?;
    if level.synchronous < 2 {
        return Err(OpenError::NotDurable);
    }
    Ok(conn)
}

/// Creates the file if it is not there. One that is there is not opened: to close it would end the
/// locks of this process.
fn create_if_missing(path: &str) -> Result<(), OpenRefusal> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => return Ok(()),
        Ok(_) => return Err(OpenRefusal::NotAFile),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(of_io(&error)),
    }
    match OpenOptions::new().write(true).create_new(true).mode(MODE).open(path) {
        Ok(_) => Ok(()),
        // Another connection was first.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(of_io(&error)),
    }
}

/// The path without symbolic links: SQLite's log is beside the file itself.
pub(crate) fn real_path(path: &Path) -> Result<String, OpenError> {
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    Ok(real.to_str().ok_or(OpenError::Path)?.to_owned())
}

/// Why a file cannot be created or read.
pub(super) fn of_io(error: &io::Error) -> OpenRefusal {
    let kinds = [
        (io::ErrorKind::NotFound, OpenRefusal::NoDirectory),
        (io::ErrorKind::NotADirectory, OpenRefusal::NoDirectory),
        (io::ErrorKind::PermissionDenied, OpenRefusal::PermissionDenied),
        (io::ErrorKind::ReadOnlyFilesystem, OpenRefusal::FileReadOnly),
        (io::ErrorKind::IsADirectory, OpenRefusal::NotAFile),
        (io::ErrorKind::StorageFull, OpenRefusal::DiskFull),
        (io::ErrorKind::QuotaExceeded, OpenRefusal::DiskFull),
    ];
    let found = kinds.into_iter().find(|(kind, _)| *kind == error.kind());
    found.map_or(OpenRefusal::Other, |(_, why)| why)
}
