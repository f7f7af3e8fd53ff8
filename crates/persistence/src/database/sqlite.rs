//! A SQLite file: one writer, a few readers, each call on one blocking thread.

mod backup;
mod checkpoint;
mod connection;
pub(super) mod driver_error;
pub(super) mod establish;
pub(super) mod left_log;
mod probe;

use std::path::Path;
use std::time::Duration;

use diesel::SqliteConnection;
use madoguchi_domain::port::{DownReason, StoreError};
use madoguchi_domain::secret::SecretKey;

use super::fault::Fault;
use super::open_error::OpenError;
pub use backup::{BackupError, backup_sqlite, restore_sqlite};
use connection::Connections;
use establish::LOCK_TIMEOUT;

/// A connection for queries that are written once for both databases.
pub(crate) type Conn = SqliteConnection;

/// All stores of the domain on one SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    connections: Connections,
    pub(crate) audit_key: SecretKey,
}

impl SqliteStore {
    /// Opens the file, which must have the schema of this version.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(path: &Path, audit_key: SecretKey) -> Result<Self, OpenError> {
        Self::open_with(path, LOCK_TIMEOUT, audit_key).await
    }

    /// The same for statements that wait at most so long for the lock of another process.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open_with(
        path: &Path,
        lock_timeout: Duration,
        audit_key: SecretKey,
    ) -> Result<Self, OpenError> {
        let connections = Connections::open(path, lock_timeout).await?;
        Ok(Self { connections, audit_key })
    }

    /// Checks whether a decision could be written.
    pub(crate) async fn probe(&self) -> Result<(), DownReason> {
        self.connections.probe().await
    }

    /// Runs `work` in one read-only transaction on one snapshot.
    pub(crate) async fn read<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<R, Fault> + Send + 'static,
    ) -> Result<R, StoreError> {
        self.connections.read(work).await.map_err(Fault::report)
    }

    /// As [`Self::read`], on the writer's connection. Its page cache is current; a reader's cache
    /// is invalid after every commit.
    pub(crate) async fn read_before_write<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<R, Fault> + Send + 'static,
    ) -> Result<R, StoreError> {
        self.connections.look(work).await.map_err(Fault::report)
    }

    /// Runs `work` in one immediate transaction.
    pub(crate) async fn write<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<R, Fault> + Send + 'static,
    ) -> Result<R, StoreError> {
        self.try_write(|_| true, work).await.map_err(Fault::report)
    }

    /// As [`Self::write`], for callers that handle some faults. `has_written` says whether the
    /// transaction extended the WAL, so that it counts towards the next checkpoint.
    pub(crate) async fn try_write<R: Send + 'static>(
        &self,
        has_written: impl FnOnce(&R) -> bool,
        work: impl FnOnce(&mut Conn) -> Result<R, Fault> + Send + 'static,
    ) -> Result<R, Fault> {
        let done = self.connections.write(work).await?;
        if has_written(&done) {
            self.connections.wrote();
        }
        Ok(done)
    }
}
