//! Connections to a SQLite file: one writer and a few read-only readers.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use madoguchi_domain::port::{DownReason, StoreError};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use super::checkpoint::Checkpoints;
use super::driver_error::open_refusal;
use super::establish::{establish, real_path};
use super::left_log;
use super::probe::{self, WriteProbe};
use crate::database::fault::Fault;
use crate::database::migration;
use crate::database::open_error::{OpenError, OpenRefusal};

const READERS: usize = 2;

/// A connection, and the settings to reopen it.
struct Held {
    conn: SqliteConnection,
    url: String,
    lock_timeout: Duration,
    setup: &'static str,
    /// When a call last gave up waiting for the lock of another process.
    locked_at: Option<Instant>,
}

impl Held {
    fn open(url: &str, lock_timeout: Duration, setup: &'static str) -> Result<Self, OpenError> {
        let mut conn = establish(url, lock_timeout)?;
        conn.batch_execute(setup).map_err(|error| refused(url, &error))?;
        Ok(Self { conn, url: url.to_owned(), lock_timeout, setup, locked_at: None })
    }

    /// Whether the file was locked for as long as a call waits, while this call only waited for its
    /// turn: it would keep all those behind it waiting as long again.
    fn is_hopeless(&self, asked: Instant) -> bool {
        asked.elapsed() >= self.lock_timeout && self.locked_at.is_some_and(|at| at > asked)
    }

    fn observe(&mut self, is_locked: bool) {
        if is_locked {
            self.locked_at = Some(Instant::now());
        }
    }

    fn reopened(&self) -> Result<Self, OpenError> {
        Self::open(&self.url, self.lock_timeout, self.setup)
    }
}

fn refused(path: &str, error: &diesel::result::Error) -> OpenError {
    OpenError::refused(path, open_refusal(error))
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
    probe: WriteProbe,
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connections({} readers)", self.readers.len())
    }
}

impl Connections {
    pub(super) async fn open(path: &Path, lock_timeout: Duration) -> Result<Self, OpenError> {
        let url = real_path(path)?;
        spawn_blocking(move || {
            left_log::check(&url)?;
            let mut writer = Held::open(&url, lock_timeout, "")?;
            migration::sqlite_state(&mut writer.conn, &url)?.must_be_current()?;
            // A file that is read-only is opened all the same.
            let writes = writer.conn.batch_execute("begin immediate; rollback");
            writes.map_err(|error| refused(&url, &error))?;
            let reader = || Held::open(&url, lock_timeout, "pragma query_only = on;");
            let readers = (0..READERS).map(|_| Ok(Arc::new(Mutex::new(reader()?))));
            let readers: Result<Vec<Shared>, OpenError> = readers.collect();
            Ok(Self {
                writer: Arc::new(Mutex::new(writer)),
                readers: readers?.into(),
                next: Arc::default(),
                checkpoints: Checkpoints::by(establish(&url, lock_timeout)?),
                probe: WriteProbe::new(&url),
            })
        })
        .await
        .unwrap_or_else(|_| Err(OpenError::refused("the database file", OpenRefusal::Other)))
    }

    /// Runs `work` in one immediate transaction. If it wrote, the caller must call
    /// [`Self::wrote`].
    pub(super) async fn write<R, F>(&self, work: F) -> Result<R, Fault>
    where
        R: Send + 'static,
        F: FnOnce(&mut SqliteConnection) -> Result<R, Fault> + Send + 'static,
    {
        let done = run(&self.writer, |conn| conn.immediate_transaction(work)).await;
        if done.is_err() {
            self.probe.record(&done);
        }
        done
    }

    /// Checks whether a decision could be written.
    pub(super) async fn probe(&self) -> Result<(), DownReason> {
        self.probe.same_files()?;
        let written = match self.probe.recent() {
            Some(outcome) => outcome,
            None => on(&self.writer, probe::write).await,
        };
        written?;
        on(self.reader(), probe::audit_heads).await
    }

    /// One reader after the other.
    fn reader(&self) -> &Shared {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        &self.readers[turn % self.readers.len()]
    }

    /// Counts a transaction that wrote. One without writes does not extend the WAL.
    pub(super) fn wrote(&self) {
        self.checkpoints.after_commit();
        self.probe.record(&Ok(()));
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
        run(self.reader(), |conn| conn.transaction(work)).await
    }
}

/// Runs a check on one connection.
async fn on(
    connection: &Shared,
    check: fn(&mut SqliteConnection) -> Result<(), DownReason>,
) -> Result<(), DownReason> {
    let mut held = Arc::clone(connection).lock_owned().await;
    let run = move || {
        let done = check(&mut held.conn);
        held.observe(done == Err(DownReason::LockTimeout));
        done
    };
    spawn_blocking(run).await.unwrap_or(Err(DownReason::Other))
}

async fn run<R, F>(connection: &Shared, work: F) -> Result<R, Fault>
where
    R: Send + 'static,
    F: FnOnce(&mut SqliteConnection) -> Result<R, Fault> + Send + 'static,
{
    let asked = Instant::now();
    let mut held = Arc::clone(connection).lock_owned().await;
    if held.is_hopeless(asked) {
        return Err(StoreError::Unavailable("another process holds the lock of the file").into());
    }
    let run = move || {
        let done = work(&mut held.conn);
        held.observe(done.as_ref().is_err_and(Fault::is_of_a_locked_file));
        done
    };
    if let Ok(done) = spawn_blocking(run).await {
        return done;
    }
    // `work` panicked, perhaps inside a transaction, so the connection is replaced.
    let mut held = Arc::clone(connection).lock_owned().await;
    if let Ok(fresh) = held.reopened() {
        *held = fresh;
    }
    Err(StoreError::Unavailable("the database thread ended").into())
}
