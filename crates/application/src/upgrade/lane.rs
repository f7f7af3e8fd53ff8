//! The decision lane: group commit for requests that wait at the same time.
//!
//! One task takes the queued requests (up to `max_batch`), loads them and the requests that arrive
//! meanwhile, decides each in the domain, commits all changes in one transaction, and answers each.
//! It never waits for a batch to fill: a single request is decided at once, and batches grow
//! under load.

mod batch;
mod inbox;

use std::sync::Arc;

use madoguchi_domain::port::UpgradeStore;
use madoguchi_domain::upgrade::{CaseResult, Request, UpgradePolicy};
use tokio::task::JoinHandle;

use crate::mailbox::Mailbox;
use crate::{PlannedSignal, ServiceError};
use batch::BatchRunner;
use inbox::Inbox;

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

/// Sends requests to the decision lane. When the last clone is dropped, the lane answers the
/// queued requests and ends.
#[derive(Debug, Clone)]
pub struct DecisionLane {
    queue: Mailbox<Request, CaseResult>,
}

impl DecisionLane {
    /// Starts the decision lane's task on the current runtime. `planned` is notified when a
    /// core-bank effect was committed.
    #[must_use]
    pub fn start(
        store: Arc<dyn UpgradeStore>,
        policy: Arc<UpgradePolicy>,
        planned: PlannedSignal,
        settings: GroupCommitSettings,
    ) -> (Self, JoinHandle<()>) {
        let (queue, requests) = Mailbox::open(settings.queue_capacity);
        let runner = BatchRunner { store, policy, planned };
        let inbox = Inbox::new(requests, settings.max_batch);
        (Self { queue }, tokio::spawn(run(inbox, runner)))
    }

    /// Waits for the decision of one request.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn ask(&self, request: Request) -> Result<CaseResult, ServiceError> {
        self.queue.ask(request).await
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
