//! Connections to a SQLite file: one writer and a few read-only readers.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::sql_types::Integer;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection};
use madoguchi_domain::port::StoreError;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use crate::OpenError;
use crate::fault::Fault;
use crate::migration;
use crate::sqlite::checkpoint::Checkpoints;

const READERS: usize = 2;

/// WAL allows reads during a write; FULL makes a commit durable before it is confirmed.
const SETUP: &str = "pragma busy_timeout = 5000; pragma journal_mode = wal; \
    pragma synchronous = full; pragma foreign_keys = on; \
    pragma wal_autocheckpoint = 4000; pragma cache_size = -16384;";

/// A connection, and the settings to reopen it.
struct Held {
    conn: SqliteConnection,
    url: String,
    setup: &'static str,
}

impl Held {
    fn open(url: &str, setup: &'static str) -> Result<Self, OpenError> {
        let mut conn = establish(url)?;
        conn.batch_execute(setup).map_err(|_| OpenError::Unreachable)?;
        Ok(Self { conn, url: url.to_owned(), setup })
    }

    fn reopened(&self) -> Result<Self, OpenError> {
        Self::open(&self.url, self.setup)
    }
}

type Shared = Arc<Mutex<Held>>;

/// The open connections. A call locks one and runs to its end on a blocking thread, even if its
/// caller cancels.
#[derive(Clone)]
pub(super) struct Connections {
    writer: Shared,
    readers: Arc<[Shared]>,
    next: Arc<AtomicUsize>,
    checkpoints: Checkpoints,
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connections({} readers)", self.readers.len())
    }
}

impl Connections {
    pub(super) async fn open(path: &Path) -> Result<Self, OpenError> {
        let url = path.to_str().ok_or(OpenError::Path)?.to_owned();
        spawn_blocking(move || {
            let mut writer = Held::open(&url, "")?;
            migration::sqlite_state(&mut writer.conn)?.must_be_current()?;
            let reader = || Held::open(&url, "pragma query_only = on;");
            let readers = (0..READERS).map(|_| Ok(Arc::new(Mutex::new(reader()?))));
            let readers: Result<Vec<Shared>, OpenError> = readers.collect();
            Ok(Self {
                writer: Arc::new(Mutex::new(writer)),
                readers: readers?.into(),
                next: Arc::default(),
                checkpoints: Checkpoints::by(establish(&url)?),
            })
        })
        .await
        .unwrap_or(Err(OpenError::Unreachable))
    }

    /// Runs `work` in one immediate transaction.
    pub(super) async fn write<R, F>(&self, work: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: FnOnce(&mut SqliteConnection) -> Result<R, Fault> + Send + 'static,
    {
        let done = self.try_write(work).await.map_err(Fault::tell)?;
        self.wrote();
        Ok(done)
    }

    /// As [`Self::write`], for callers that handle some faults, or may have nothing to write. After
    /// a write they must call [`Self::wrote`].
    pub(super) async fn try_write<R, F>(&self, work: F) -> Result<R, Fault>
    where
        R: Send + 'static,
        F: FnOnce(&mut SqliteConnection) -> Result<R, Fault> + Send + 'static,
    {
        run(&self.writer, |conn| conn.immediate_transaction(work)).await
    }

    /// Counts a transaction that wrote. One without writes does not extend the WAL.
    pub(super) fn wrote(&self) {
        self.checkpoints.after_commit();
    }

    /// Runs `work`, which only reads, on the writer connection.
    pub(super) async fn look<R, F>(&self, work: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: FnOnce(&mut SqliteConnection) -> Result<R, Fault> + Send + 'static,
    {
        run(&self.writer, |conn| conn.transaction(work)).await.map_err(Fault::tell)
    }

    /// Runs `work` in one read-only transaction on one snapshot.
    pub(super) async fn read<R, F>(&self, work: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: FnOnce(&mut SqliteConnection) -> Result<R, Fault> + Send + 'static,
    {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        run(&self.readers[turn % self.readers.len()], |conn| conn.transaction(work))
            .await
            .map_err(Fault::tell)
    }
}

async fn run<R, F>(connection: &Shared, work: F) -> Result<R, Fault>
where
    R: Send + 'static,
    F: FnOnce(&mut SqliteConnection) -> Result<R, Fault> + Send + 'static,
{
    let mut held = Arc::clone(connection).lock_owned().await;
    if let Ok(done) = spawn_blocking(move || work(&mut held.conn)).await {
        return done;
    }
    // `work` panicked, perhaps inside a transaction, so the connection is replaced.
    let mut held = Arc::clone(connection).lock_owned().await;
    if let Ok(fresh) = held.reopened() {
        *held = fresh;
    }
    Err(StoreError::Unavailable("the database thread ended").into())
}

#[derive(QueryableByName)]
struct Synchronous {
    #[diesel(sql_type = Integer)]
    synchronous: i32,
}

/// Opens a connection and checks that its commits are durable.
pub(crate) fn establish(url: &str) -> Result<SqliteConnection, OpenError> {
    let mut conn = SqliteConnection::establish(url).map_err(|_| OpenError::Unreachable)?;
    // The first connection to a new file sets its journal mode. `busy_timeout` does not cover that,
    // so the others retry.
    let mut tries = 0;
    while conn.batch_execute(SETUP).is_err() {
        tries += 1;
        if tries == 100 {
            return Err(OpenError::Unreachable);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let level: Synchronous = diesel::sql_query("pragma synchronous")
        .get_result(&mut conn)
        .map_err(|_| OpenError::Unreachable)?;
    if level.synchronous < 2 {
        return Err(OpenError::NotDurable);
    }
    Ok(conn)
}
