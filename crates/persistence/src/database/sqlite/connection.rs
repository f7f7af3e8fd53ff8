//! Connections to a SQLite file: one writer and a few read-only readers.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use madoguchi_domain::port::StoreError;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use super::checkpoint::Checkpoints;
use super::establish::establish;
use crate::database::fault::Fault;
use crate::database::migration;
use crate::database::open_error::OpenError;

const READERS: usize = 2;

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

    /// Runs `work` in one immediate transaction. If it wrote, the caller must call
    /// [`Self::wrote`].
    pub(super) async fn write<R, F>(&self, work: F) -> Result<R, Fault>
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
    pub(super) async fn look<R, F>(&self, work: F) -> Result<R, Fault>
    where
        R: Send + 'static,
        F: FnOnce(&mut SqliteConnection) -> Result<R, Fault> + Send + 'static,
    {
        run(&self.writer, |conn| conn.transaction(work)).await
    }

    /// Runs `work` in one read-only transaction on one snapshot.
    pub(super) async fn read<R, F>(&self, work: F) -> Result<R, Fault>
    where
        R: Send + 'static,
        F: FnOnce(&mut SqliteConnection) -> Result<R, Fault> + Send + 'static,
    {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        run(&self.readers[turn % self.readers.len()], |conn| conn.transaction(work)).await
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
