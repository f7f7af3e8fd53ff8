//! Runs passive WAL checkpoints outside the commit path.
//!
//! SQLite's automatic checkpoint runs inside the commit that exceeds the WAL limit, and makes that
//! commit many times slower. Pages that are already checkpointed are not copied again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use tokio::sync::Mutex as Turn;
use tokio::task::spawn_blocking;

/// The minimum time between checkpoints, because copying the same page often is wasted work.
const APART: Duration = Duration::from_millis(50);
/// The minimum number of commits between checkpoints. Each checkpoint syncs the WAL, and also the
/// database file if no commit runs at the same time.
const COMMITS: u32 = 8;

/// The time of the last checkpoint, and the commits since then.
struct Since {
    last: Instant,
    commits: u32,
}

/// A connection only for checkpoints, and when the next one is due.
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

    /// Counts a commit, and starts a background checkpoint if one is due.
    pub(super) fn after_commit(&self) {
        if !self.is_due() {
            return;
        }
        let Ok(mut connection) = Arc::clone(&self.connection).try_lock_owned() else {
            return;
        };
        // A passive checkpoint neither waits for other connections nor blocks them. If it fails,
        // the WAL grows until SQLite's automatic checkpoint runs in a commit.
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

    use crate::database::schema::members;
    use crate::{DatabaseUrl, SqliteStore, migrate};

    /// Half the WAL size in bytes at which SQLite's automatic checkpoint runs.
    const SHORT: u64 = 2000 * 4096;

    /// The number of members in the database file alone, without its WAL.
    fn checkpointed_pages(file: &Path) -> i64 {
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
        while checkpointed_pages(&file) == 0 {
            number += 1;
            let member = samples::registration(samples::member(number));
            store.commit(&[member]).await.unwrap();
            let log = std::fs::metadata(dir.path().join("madoguchi.db-wal")).unwrap();
            assert!(log.len() < SHORT, "after {number} commits nothing was brought over");
        }
    }
}
