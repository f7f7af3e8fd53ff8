//! A pooled connection for one operation, and the timeout for a database that does not answer.

use std::time::Duration;

use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::deadpool::Object;
use madoguchi_domain::port::StoreError;

use crate::database::fault::Fault;

/// The timeout of an operation; above the server's own `statement_timeout`.
const SILENCE: Duration = Duration::from_secs(20);

/// A connection that is closed unless it is released. If an operation is cancelled, its connection
/// still waits for a reply that may never arrive.
pub(super) struct PooledConnection {
    conn: Option<Object<AsyncPgConnection>>,
}

impl PooledConnection {
    pub(super) const fn new(conn: Object<AsyncPgConnection>) -> Self {
        Self { conn: Some(conn) }
    }

    pub(super) fn open(&mut self) -> Result<&mut AsyncPgConnection, StoreError> {
        self.conn.as_deref_mut().ok_or(StoreError::Unavailable("the connection was given back"))
    }

    /// Returns it to the pool, which checks whether it is broken.
    pub(super) fn release(mut self) {
        self.conn.take();
    }
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        self.conn.take().map(Object::take);
    }
}

/// Stops waiting for an operation if the database does not answer at all. An operation on a
/// [`PooledConnection`] is cancelled, and its connection closed. The server's own timeouts expire
/// earlier. Whether a commit succeeded is found by a reload.
pub(super) async fn with_deadline<R>(
    work: impl Future<Output = Result<R, Fault>>,
) -> Result<R, Fault> {
    let silent = StoreError::Unavailable("the database went silent");
    tokio::time::timeout(SILENCE, work).await.unwrap_or(Err(silent.into()))
}
