//! A SQLite file: one writer, a few readers, each call on one blocking thread.

mod checkpoint;
mod connection;
pub(super) mod establish;

use std::path::Path;

use diesel::SqliteConnection;
use madoguchi_domain::port::StoreError;
use madoguchi_domain::secret::SecretKey;

use super::fault::Fault;
use super::open_error::OpenError;
use connection::Connections;

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
        let connections = Connections::open(path).await?;
        Ok(Self { connections, audit_key })
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
