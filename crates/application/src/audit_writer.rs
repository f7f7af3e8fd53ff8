//! Writes audit rows about lookups; rows that wait at the same time share one commit.

use std::sync::Arc;

use madoguchi_domain::audit::AuditEntry;
use madoguchi_domain::port::{AuditLog, StoreError};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::ServiceError;
use crate::caught::{TaskEnd, caught};
use crate::mailbox::{Mailbox, QueuedRequest};

/// Maximum rows per commit.
const MOST: usize = 256;
/// Maximum rows in the queue; further rows are rejected.
const QUEUE: usize = 4096;

/// A queue into the audit log. When the last clone is dropped, the task writes the queued rows
/// and ends.
#[derive(Debug, Clone)]
pub struct AuditWriter {
    queue: Mailbox<AuditEntry, ()>,
}

impl AuditWriter {
    /// Starts the task on the current runtime.
    #[must_use]
    pub fn start(log: Arc<dyn AuditLog>) -> (Self, JoinHandle<()>) {
        let (queue, requests) = Mailbox::open(QUEUE);
        (Self { queue }, tokio::spawn(run(log, requests)))
    }

    /// Waits until the row is durable.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn append(&self, entry: AuditEntry) -> Result<(), ServiceError> {
        self.queue.ask(entry).await
    }
}

async fn run(log: Arc<dyn AuditLog>, mut queue: mpsc::Receiver<QueuedRequest<AuditEntry, ()>>) {
    let _end = TaskEnd("the audit writer");
    let mut batch = Vec::with_capacity(MOST);
    while queue.recv_many(&mut batch, MOST).await > 0 {
        let entries: Vec<_> = batch.iter().map(|queued| queued.request.clone()).collect();
        let written = append(&*log, &entries).await;
        if matches!(written, Err(StoreError::Corrupt(_))) && batch.len() > 1 {
            // One by one, so that one row that is refused fails alone.
            for queued in batch.drain(..) {
                let alone = append(&*log, std::slice::from_ref(&queued.request)).await;
                queued.answer(alone.map_err(ServiceError::from));
            }
        }
        let answer = written.map_err(ServiceError::from);
        batch.drain(..).for_each(|queued| queued.answer(answer));
    }
}

async fn append(log: &dyn AuditLog, entries: &[AuditEntry]) -> Result<(), StoreError> {
    let written = caught(log.append(entries)).await;
    if let Err(error) = &written {
        tracing::warn!(%error, rows = entries.len(), "lookups could not be recorded");
    }
    written
}
