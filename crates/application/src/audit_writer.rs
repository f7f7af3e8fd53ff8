//! Writes audit rows about lookups; rows that wait at the same time share one commit.

use std::fmt;
use std::sync::Arc;

use madoguchi_domain::audit::AuditEntry;
use madoguchi_domain::port::{AuditLog, StoreError};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::ServiceError;

/// Maximum rows per commit.
const MOST: usize = 256;
/// Maximum rows in the queue; further rows are rejected.
const QUEUE: usize = 4096;

struct Waiting {
    entry: AuditEntry,
    reply: oneshot::Sender<Result<(), ServiceError>>,
}

/// A queue into the audit log. When the last clone is dropped, the task writes the queued rows
/// and ends.
#[derive(Clone)]
pub struct AuditWriter {
    queue: mpsc::Sender<Waiting>,
}

impl fmt::Debug for AuditWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditWriter({} free)", self.queue.capacity())
    }
}

impl AuditWriter {
    /// Starts the task on the current runtime.
    #[must_use]
    pub fn start(log: Arc<dyn AuditLog>) -> (Self, JoinHandle<()>) {
        let (queue, waiting) = mpsc::channel(QUEUE);
        (Self { queue }, tokio::spawn(run(log, waiting)))
    }

    /// Waits until the row is durable.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn append(&self, entry: AuditEntry) -> Result<(), ServiceError> {
        let (reply, written) = oneshot::channel();
        self.queue.try_send(Waiting { entry, reply }).map_err(|full| match full {
            TrySendError::Full(_) => ServiceError::Overloaded,
            TrySendError::Closed(_) => ServiceError::Unavailable,
        })?;
        written.await.unwrap_or(Err(ServiceError::Unavailable))
    }
}

async fn run(log: Arc<dyn AuditLog>, mut queue: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::with_capacity(MOST);
    while queue.recv_many(&mut batch, MOST).await > 0 {
        let (entries, replies): (Vec<_>, Vec<_>) =
            batch.drain(..).map(|Waiting { entry, reply }| (entry, reply)).unzip();
        let written = log.append(&entries).await;
        let error = written.err().map(|error: StoreError| {
            tracing::warn!(%error, rows = entries.len(), "lookups could not be recorded");
            ServiceError::from(error)
        });
        for reply in replies {
            // The caller may be gone. The row is written anyway.
            let _ = reply.send(error.map_or(Ok(()), Err));
        }
    }
}
