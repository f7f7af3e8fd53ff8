//! A PostgreSQL database: its connection pool, and how a transaction runs on it.

pub(super) mod connection;
mod driver_error;
mod pooled;
mod probe;
mod repeating;
mod replica;
pub(super) mod start_checks;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use diesel::Connection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_async::pooled_connection::deadpool::{Object, Pool, PoolError};
use diesel_async::{AsyncConnection, AsyncPgConnection, TransactionManager};
use madoguchi_domain::port::{DownReason, StoreError};
use madoguchi_domain::secret::SecretKey;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::fault::Fault;
use super::migration::postgres_state;
use super::open_error::OpenError;

pub use connection::PgSettings;
use connection::{Sessions, is_out_of_connections};
use pooled::{PooledConnection, with_deadline};
use probe::WriteProbe;
use repeating::{repeating, repeating_blocking, soon};

/// Interval between tries to open a connection where the server accepts no more of them.
const BETWEEN_TRIES: Duration = Duration::from_millis(200);

const NO_CONNECTION: StoreError = StoreError::Unavailable("no connection to the database");

/// A connection for queries that are written once for both databases.
pub(crate) type Conn = AsyncConnectionWrapper<Object<AsyncPgConnection>>;

/// All stores of the domain on one PostgreSQL database.
///
/// Use a multi-threaded runtime: each connection runs on the runtime that opened it, and a busy
/// single-threaded one would block all users of its connections.
#[derive(Clone)]
pub struct PgStore {
    pool: Pool<AsyncPgConnection>,
    /// One permit for each blocking call: half of the connections. A blocking thread keeps its
    /// connection while the database is silent, and must leave some for the others.
    blocking: Arc<Semaphore>,
    settings: PgSettings,
    probe: WriteProbe,
    pub(crate) audit_key: SecretKey,
}

impl fmt::Debug for PgStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PgStore")
    }
}

impl PgStore {
    /// Opens a pool on the database, which must have the schema of this version.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(
        url: &str,
        settings: PgSettings,
        audit_key: SecretKey,
    ) -> Result<Self, OpenError> {
        let sessions = Sessions::of_primary(url, settings)?;
        postgres_state(&sessions).await?.must_be_current()?;
        Self::over(sessions, settings, audit_key)
    }

    /// The stores on a replica of the database, to read lists. No connection is opened before the
    /// first use, so that the replica may be away.
    ///
    /// # Errors
    /// When no pool can be made for this URL.
    pub fn of_replica(
        url: &str,
        settings: PgSettings,
        audit_key: SecretKey,
    ) -> Result<Self, OpenError> {
        Self::over(Sessions::of_replica(url, settings)?, settings, audit_key)
    }

    fn over(
        sessions: Sessions,
        settings: PgSettings,
        audit_key: SecretKey,
    ) -> Result<Self, OpenError> {
        let pool = sessions.pool(settings)?;
        let blocking = Arc::new(Semaphore::new((settings.connections / 2).max(1)));
        Ok(Self { pool, blocking, settings, probe: WriteProbe::new(sessions), audit_key })
    }

    /// Checks whether a decision could be written.
    pub(crate) async fn probe(&self) -> Result<(), DownReason> {
        let probed = self.probe.run().await;
        if probed == Err(DownReason::ReadOnly) {
            self.close_idle();
        }
        probed
    }

    /// A connection from the pool. If the server accepts no more of them, the caller waits for one
    /// that is free, as for one of its own.
    async fn connection(&self) -> Result<Object<AsyncPgConnection>, StoreError> {
        let got = async {
            loop {
                match self.pool.get().await {
                    Ok(got) => return Ok(got),
                    Err(PoolError::Backend(why)) if is_out_of_connections(&why) => {
                        tokio::time::sleep(BETWEEN_TRIES).await;
                    }
                    Err(_) => return Err(NO_CONNECTION),
                }
            }
        };
        let in_time = tokio::time::timeout(self.settings.pool_timeout * 2, got).await;
        in_time.unwrap_or(Err(NO_CONNECTION))
    }

    /// Closes the idle sessions if one of them only reads: after a fail-over, the others do so too
    /// for as long as they live.
    fn examine<R>(&self, done: &Result<R, Fault>) {
        if matches!(done, Err(fault) if fault.is_read_only()) {
            self.close_idle();
        }
    }

    fn close_idle(&self) {
        self.pool.retain(|_, _| false);
    }

    /// Runs `work`, which only reads, on one connection.
    pub(crate) async fn query<R>(
        &self,
        work: impl AsyncFnOnce(&mut AsyncPgConnection) -> Result<R, Fault>,
    ) -> Result<R, StoreError> {
        let done = with_deadline(async {
            let mut conn = PooledConnection::new(self.connection().await?);
            let done = work(conn.open()?).await;
            conn.release();
            done
        });
        done.await.map_err(Fault::report)
    }

    /// Retries a transaction after a conflict with another one.
    pub(crate) async fn repeating<R, Attempt>(
        &self,
        attempt: impl Fn() -> Attempt,
    ) -> Result<R, Fault>
    where
        Attempt: Future<Output = Result<R, Fault>>,
    {
        repeating(soon(self.settings.lock_timeout), attempt).await
    }

    /// Runs `work` in one transaction. Use it inside [`Self::repeating`].
    pub(crate) async fn transact<R>(
        &self,
        work: impl AsyncFnOnce(&mut AsyncPgConnection) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        with_deadline(async {
            let mut conn = PooledConnection::new(self.connection().await?);
            let done = in_transaction(conn.open()?, work).await;
            conn.release();
            self.examine(&done);
            done
        })
        .await
    }

    /// Runs `work`, which only reads, on a blocking thread.
    pub(crate) async fn read<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<R, Fault> + Send + 'static,
    ) -> Result<R, StoreError> {
        self.block(move |conn| work(conn)).await.map_err(Fault::report)
    }

    /// Runs `work` in one transaction on a blocking thread, and again after a conflict with
    /// another one.
    pub(crate) async fn write<R: Send + 'static>(
        &self,
        work: impl Fn(&mut Conn) -> Result<R, Fault> + Send + 'static,
    ) -> Result<R, StoreError> {
        let soon = soon(self.settings.lock_timeout);
        let attempts = move |conn: &mut Conn| {
            repeating_blocking(soon, || Connection::transaction(conn, &work))
        };
        self.block(attempts).await.map_err(Fault::report)
    }

    /// Runs `work` on a blocking thread, to its end even if the caller is gone. The deadline is for
    /// a database that does not answer at all: the thread keeps its connection until the socket
    /// ends.
    async fn block<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<R, Fault> + Send + 'static,
    ) -> Result<R, Fault> {
        let free = async {
            let permit = Arc::clone(&self.blocking).acquire_owned().await.ok()?;
            Some((permit, self.connection().await))
        };
        let free = tokio::time::timeout(self.settings.pool_timeout, free).await.ok().flatten();
        let (permit, conn) = free.ok_or(NO_CONNECTION)?;
        let mut conn = Conn::from(conn?);
        let store = self.clone();
        let thread = spawn_blocking(move || {
            let done = work(&mut conn);
            drop((conn, permit));
            store.examine(&done);
            done
        });
        let ended = StoreError::Unavailable("the database thread ended");
        with_deadline(async { thread.await.unwrap_or(Err(ended.into())) }).await
    }
}

/// Commits what `work` wrote, or rolls it back if it failed. Inside a transaction it is a
/// savepoint.
pub(crate) async fn in_transaction<R>(
    conn: &mut AsyncPgConnection,
    work: impl AsyncFnOnce(&mut AsyncPgConnection) -> Result<R, Fault>,
) -> Result<R, Fault> {
    type Manager = <AsyncPgConnection as AsyncConnection>::TransactionManager;
    Manager::begin_transaction(conn).await?;
    match work(conn).await {
        Ok(done) => {
            Manager::commit_transaction(conn).await?;
            Ok(done)
        }
        Err(fault) => {
            // If this fails, the pool finds the connection broken and closes it.
            let _ = Manager::rollback_transaction(conn).await;
            Err(fault)
        }
    }
}
