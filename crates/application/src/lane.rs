//! The decision lane: group commit for requests that wait at the same time.
//!
//! One task takes the queued requests (up to `max_batch`), loads them and the requests that arrive
//! meanwhile, decides each in the domain, commits all changes in one transaction, and answers each.
//! It never waits for a batch to fill: a single request is decided at once, and batches grow
//! under load.

mod batch;

use std::fmt;
use std::sync::Arc;

use madoguchi_domain::port::UpgradeStore;
use madoguchi_domain::upgrade::{CaseResult, Request, UpgradePolicy};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::ServiceError;
use batch::BatchRunner;

/// Limits of the decision lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupCommitSettings {
    /// Maximum requests decided in one transaction.
    pub max_batch: usize,
    /// Maximum requests in the queue; further requests are rejected before any work.
    pub queue_capacity: usize,
}

impl Default for GroupCommitSettings {
    fn default() -> Self {
        Self { max_batch: 256, queue_capacity: 4096 }
    }
}

/// A request that waits for its answer.
pub(crate) struct Waiting {
    pub(crate) request: Request,
    pub(crate) tries: u32,
    reply: oneshot::Sender<Result<CaseResult, ServiceError>>,
}

impl Waiting {
    pub(crate) fn answer(self, answer: Result<CaseResult, ServiceError>) {
        // The caller may be gone. The decision is committed anyway.
        let _ = self.reply.send(answer);
    }
}

/// Sends requests to the decision lane. When the last clone is dropped, the lane answers the
/// queued requests and ends.
#[derive(Clone)]
pub struct DecisionLane {
    queue: mpsc::Sender<Waiting>,
}

impl fmt::Debug for DecisionLane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecisionLane({} free)", self.queue.capacity())
    }
}

impl DecisionLane {
    /// Starts the decision lane's task on the current runtime. `planned` is notified when a
    /// core-bank effect was committed.
    #[must_use]
    pub fn start(
        store: Arc<dyn UpgradeStore>,
        policy: Arc<UpgradePolicy>,
        planned: Arc<Notify>,
        settings: GroupCommitSettings,
    ) -> (Self, JoinHandle<()>) {
        let (queue, waiting) = mpsc::channel(settings.queue_capacity);
        let runner = BatchRunner { store, policy, planned };
        let inbox = Inbox { queue: waiting, max_batch: settings.max_batch };
        (Self { queue }, tokio::spawn(run(inbox, runner)))
    }

    /// Waits for the decision of one request.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn ask(&self, request: Request) -> Result<CaseResult, ServiceError> {
        let (reply, answer) = oneshot::channel();
        let waiting = Waiting { request, tries: 0, reply };
        self.queue.try_send(waiting).map_err(|full| match full {
            TrySendError::Full(_) => ServiceError::Overloaded,
            TrySendError::Closed(_) => ServiceError::Unavailable,
        })?;
        answer.await.unwrap_or(Err(ServiceError::Unavailable))
    }
}

/// The queued requests, oldest first.
struct Inbox {
    queue: mpsc::Receiver<Waiting>,
    max_batch: usize,
}

impl Inbox {
    /// Waits for a request, then returns the queued ones, at most `max_batch`. Empty when the
    /// queue is closed.
    async fn next(&mut self) -> Vec<Waiting> {
        let mut next = Vec::new();
        self.queue.recv_many(&mut next, self.max_batch).await;
        next
    }

    /// The requests queued now that still fit into a batch which already has `taken` requests.
    fn arrived(&mut self, taken: usize) -> Vec<Waiting> {
        let room = self.max_batch.saturating_sub(taken);
        std::iter::from_fn(|| self.queue.try_recv().ok()).take(room).collect()
    }
}

async fn run(mut inbox: Inbox, runner: BatchRunner) {
    let mut retry = Vec::new();
    loop {
        let first = if retry.is_empty() {
            inbox.next().await
        } else {
            // Retried requests go first; newly queued ones fill the rest of the batch.
            let arrived = inbox.arrived(retry.len());
            retry.into_iter().chain(arrived).collect()
        };
        if first.is_empty() {
            return;
        }
        retry = runner.answer(first, &mut inbox).await;
    }
}
