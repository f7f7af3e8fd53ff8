//! A PostgreSQL database: its connection pool, and how a transaction runs on it.

pub(super) mod connection;
mod pooled;
mod repeating;

use std::fmt;

use diesel::Connection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::{AsyncConnection, AsyncPgConnection, TransactionManager};
use madoguchi_domain::port::StoreError;
use madoguchi_domain::secret::SecretKey;
use tokio::task::spawn_blocking;

use super::fault::Fault;
use super::migration::postgres_state;
use super::open_error::OpenError;

pub use connection::PgSettings;
use pooled::{PooledConnection, with_deadline};
pub(crate) use repeating::repeating;
use repeating::repeating_blocking;

/// A connection for queries that are written once for both databases.
pub(crate) type Conn = AsyncConnectionWrapper<Object<AsyncPgConnection>>;

/// All stores of the domain on one PostgreSQL database.
///
/// Use a multi-threaded runtime: each connection runs on the runtime that opened it, and a busy
/// single-threaded one would block all users of its connections.
#[derive(Clone)]
pub struct PgStore {
    pool: Pool<AsyncPgConnection>,
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
        postgres_state(url).await?.must_be_current()?;
        Ok(Self { pool: connection::pool(url, settings)?, audit_key })
    }

    async fn connection(&self) -> Result<Object<AsyncPgConnection>, StoreError> {
        let got = self.pool.get().await;
        got.map_err(|_| StoreError::Unavailable("no connection to the database"))
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

    /// Runs `work` in one transaction. Use it inside [`repeating()`].
    pub(crate) async fn transact<R>(
        &self,
        work: impl AsyncFnOnce(&mut AsyncPgConnection) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        with_deadline(async {
            let mut conn = PooledConnection::new(self.connection().await?);
            let done = in_transaction(conn.open()?, work).await;
            conn.release();
            done
        })
        .await
    }

    /// Runs `work`, which only reads, on a blocking thread.
    pub(crate) async fn read<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<R, Fault> + Send + 'static,
    ) -> Result<R, StoreError> {
        let mut conn = Conn::from(self.connection().await?);
        blocking(move || work(&mut conn)).await.map_err(Fault::report)
    }

    /// Runs `work` in one transaction on a blocking thread, and again after a conflict with
    /// another one.
    pub(crate) async fn write<R: Send + 'static>(
        &self,
        work: impl Fn(&mut Conn) -> Result<R, Fault> + Send + 'static,
    ) -> Result<R, StoreError> {
        let mut conn = Conn::from(self.connection().await?);
        let done =
            blocking(move || repeating_blocking(|| Connection::transaction(&mut conn, &work)));
        done.await.map_err(Fault::report)
    }
}

/// Commits what `work` wrote, or rolls it back if it failed.
async fn in_transaction<R>(
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

/// Runs `work` on a blocking thread, to its end even if the caller is gone. The deadline is for a
/// database that does not answer at all: the thread is released when its socket times out.
async fn blocking<R: Send + 'static>(
    work: impl FnOnce() -> Result<R, Fault> + Send + 'static,
) -> Result<R, Fault> {
    with_deadline(async {
        let ended = StoreError::Unavailable("the database thread ended");
        spawn_blocking(work).await.unwrap_or(Err(ended.into()))
    })
    .await
}
