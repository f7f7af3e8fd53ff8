//! A pooled connection for one piece of work, and the pool_timeout with a silent database.

use std::time::Duration;

use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::deadpool::Object;
use madoguchi_domain::port::StoreError;

use crate::fault::Fault;

/// How long the database may be silent; above the server's own `statement_timeout`.
const SILENCE: Duration = Duration::from_secs(20);

/// A connection that is thrown away unless it was given back in order: whoever drops the work on
/// it in the middle leaves it waiting for an answer that may never come.
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

    /// Gives it back; the pool looks for itself whether it is broken.
    pub(super) fn release(mut self) {
        self.conn.take();
    }
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        self.conn.take().map(Object::take);
    }
}

/// Gives up on a database that has gone silent, connection and all. The server's own deadlines
/// come first; this one is for a peer that does not even refuse any more. What was being
/// committed is found out by asking again.
pub(super) async fn with_deadline<R>(
    work: impl Future<Output = Result<R, Fault>>,
) -> Result<R, Fault> {
    let silent = StoreError::Unavailable("the database went silent");
    tokio::time::timeout(SILENCE, work).await.unwrap_or(Err(silent.into()))
}
