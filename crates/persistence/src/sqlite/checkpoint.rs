//! Brings what is in the log into the database file while others go on writing.
//!
//! SQLite does this by itself once the log is long, inside the commit that made it so, and that
//! commit then takes many times as long. What was brought over before is not brought over again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use tokio::sync::Mutex as Turn;
use tokio::task::spawn_blocking;

/// So often at most: bringing the same page over again is work for nothing.
const APART: Duration = Duration::from_millis(50);
/// Not for fewer commits: each time costs a sync of the log, and one of the file if nobody commits
/// meanwhile.
const COMMITS: u32 = 8;

/// Commits that were made since the last time.
struct Since {
    last: Instant,
    commits: u32,
}

/// A connection for this alone, and when it is its turn.
#[derive(Clone)]
pub(super) struct Checkpoints {
    connection: Arc<Turn<SqliteConnection>>,
    since: Arc<Mutex<Since>>,
}

impl Checkpoints {
    pub(super) fn by(connection: SqliteConnection) -> Self {
        let since = Since { last: Instant::now(), commits: 0 };
        Self { connection: Arc::new(Turn::new(connection)), since: Arc::new(Mutex::new(since)) }
    }

    /// Counts a commit; where it is time, starts what nobody waits for.
    pub(super) fn after_commit(&self) {
        if !self.is_due() {
            return;
        }
        let Ok(mut connection) = Arc::clone(&self.connection).try_lock_owned() else {
            return;
        };
        // Passive: it waits for nobody and nobody waits for it. When it fails, the log grows until
        // a commit does the work, as if this were not here.
        spawn_blocking(move || {
            let _ = connection.batch_execute("pragma wal_checkpoint(passive)");
        });
    }

    fn is_due(&self) -> bool {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        since.commits += 1;
        if since.commits < COMMITS || since.last.elapsed() < APART {
            return false;
        }
        *since = Since { last: Instant::now(), commits: 0 };
        true
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use diesel::prelude::*;
    use madoguchi_domain::port::MemberStore;
    use madoguchi_testkit::samples;

    use crate::schema::members;
    use crate::{DatabaseUrl, SqliteStore, migrate};

    /// Half of the length at which SQLite itself brings the log over.
    const SHORT: u64 = 2000 * 4096;

    /// How many members are in the database file alone, without its log.
    fn brought_over(file: &Path) -> i64 {
        let dir = tempfile::tempdir().unwrap();
        let alone = dir.path().join("alone.db");
        std::fs::copy(file, &alone).unwrap();
        let mut conn = SqliteConnection::establish(alone.to_str().unwrap()).unwrap();
        members::table.count().get_result(&mut conn).unwrap_or(0)
    }

    #[tokio::test]
    async fn commits_come_into_the_database_file_while_the_log_is_short() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("madoguchi.db");
        migrate(&DatabaseUrl::Sqlite(file.clone())).await.unwrap();
        let store = SqliteStore::open(&file, samples::audit_key()).await.unwrap();
        let mut number = 0;
        while brought_over(&file) == 0 {
            number += 1;
            let member = samples::registration(samples::member(number));
            store.register(&[member]).await.unwrap();
            let log = std::fs::metadata(dir.path().join("madoguchi.db-wal")).unwrap();
            assert!(log.len() < SHORT, "after {number} commits nothing was brought over");
        }
    }
}
