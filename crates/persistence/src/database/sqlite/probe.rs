//! Checks whether a decision could be written, by writing a row of no meaning.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{QueryResult, QueryableByName, RunQueryDsl, SqliteConnection};
use madoguchi_domain::port::DownReason;

use super::driver_error::down_reason;
use crate::database::audit_heads::WRONG_AUDIT_HEADS;
use crate::database::fault::Fault;

/// As many pages as a decision writes. Only what is committed reaches the disk, and only pages that
/// differ are written: each time other bytes.
const WRITE: &str = "update write_probe set filler = randomblob(32768)";

/// How long the outcome of a write counts as that of another one.
const RECENT: Duration = Duration::from_secs(2);

#[derive(QueryableByName)]
struct AuditHeads {
    #[diesel(sql_type = BigInt)]
    wrong: i64,
}

type Outcome = Result<(), DownReason>;

/// The file that is open, and the outcome of the last write.
#[derive(Debug, Clone)]
pub(super) struct WriteProbe {
    path: Arc<str>,
    /// The file, its log, and the index of the log that all processes share.
    files: [Option<Identity>; 3],
    last: Arc<Mutex<Option<(Instant, Outcome)>>>,
}

impl WriteProbe {
    /// For the file at this path, which is open.
    pub(super) fn new(path: &str) -> Self {
        let files = identities(path).unwrap_or_default();
        Self { path: path.into(), files, last: Arc::default() }
    }

    /// Records the outcome of a transaction that wrote, or failed.
    pub(super) fn record<R>(&self, outcome: &Result<R, Fault>) {
        let outcome = match outcome {
            Ok(_) => Ok(()),
            Err(Fault::Driver(error)) => Err(down_reason(error)),
            Err(Fault::Store(_)) => return,
        };
        // What only one statement was refused says nothing of the next one.
        if outcome != Err(DownReason::Other) {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) =
                Some((Instant::now(), outcome));
        }
    }

    /// The outcome of a recent write. Beside a busy writer, a probe would wait too long.
    pub(super) fn recent(&self) -> Option<Outcome> {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.filter(|(at, _)| at.elapsed() < RECENT).map(|(_, outcome)| outcome)
    }

    /// Whether the file at the path and its log are still those that are open: what is committed to
    /// others is lost with the process.
    pub(super) fn same_files(&self) -> Result<(), DownReason> {
        let found = identities(&self.path).map_err(|_| DownReason::PermissionDenied)?;
        if found == self.files { Ok(()) } else { Err(DownReason::Replaced) }
    }
}

/// The device of a file, and its number there.
type Identity = (u64, u64);

/// Of a database, its log and the log's index; `None` for one that is not there.
fn identities(path: &str) -> io::Result<[Option<Identity>; 3]> {
    let of = |path: &str| match fs::metadata(path) {
        Ok(found) => Ok(Some((found.dev(), found.ino()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    Ok([of(path)?, of(&format!("{path}-wal"))?, of(&format!("{path}-shm"))?])
}

/// Writes and commits on the writer's connection. Begins and ends by itself: diesel would give the
/// error of its own rollback.
pub(super) fn write(conn: &mut SqliteConnection) -> Result<(), DownReason> {
    conn.batch_execute("begin immediate").map_err(|error| down_reason(&error))?;
    let written = conn.batch_execute(WRITE).and_then(|()| conn.batch_execute("commit"));
    written.map_err(|error| {
        let _ = conn.batch_execute("rollback");
        down_reason(&error)
    })
}

/// Whether the heads of the audit log are its last rows.
pub(super) fn audit_heads(conn: &mut SqliteConnection) -> Result<(), DownReason> {
    let heads: QueryResult<AuditHeads> = diesel::sql_query(WRONG_AUDIT_HEADS).get_result(conn);
    let AuditHeads { wrong } = heads.map_err(|error| down_reason(&error))?;
    if wrong == 0 { Ok(()) } else { Err(DownReason::AuditHead) }
}
