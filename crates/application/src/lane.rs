//! The decision lane: everybody who waits at one moment shares the price of one commit.
//!
//! One task takes what waits (up to a bound), loads it all and whoever came meanwhile, decides each
//! in the domain, commits all of it in one transaction, and answers each. It never waits for a
//! batch to fill: alone, a request goes through at once; under load, batches grow by themselves.

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

/// How much the lane holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupCommitSettings {
    /// The most requests decided in one transaction.
    pub max_batch: usize,
    /// The most requests that may wait; more are refused before any work.
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
        // Whoever asked may have retry: what was decided stands all the same.
        let _ = self.reply.send(answer);
    }
}

/// The way onto the lane. When the last clone is dropped, the lane finishes what waits and ends.
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
    /// Starts the lane's task on the current runtime; `planned` is notified whenever a duty to
    /// tell the core bank was committed.
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

/// Those who wait, in their order.
struct Inbox {
    queue: mpsc::Receiver<Waiting>,
    max_batch: usize,
}

impl Inbox {
    /// Waits until somebody is there; then everybody who is, as far as one batch takes them.
    /// Nobody, when nobody can come any more.
    async fn next(&mut self) -> Vec<Waiting> {
        let mut next = Vec::new();
        self.queue.recv_many(&mut next, self.max_batch).await;
        next
    }

    /// Everybody who is there by now, as far as a batch that has taken so many takes them.
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
            // What was retry goes first; who came meanwhile goes with it, as far as there is room.
            let arrived = inbox.arrived(retry.len());
            retry.into_iter().chain(arrived).collect()
        };
        if first.is_empty() {
            return;
        }
        retry = runner.answer(first, &mut inbox).await;
    }
}
