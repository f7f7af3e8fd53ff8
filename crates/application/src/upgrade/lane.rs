//! The decision lane: group commit for requests that wait at the same time.
//!
//! One task takes the queued requests (up to `max_batch`), loads them and the requests that arrive
//! meanwhile, decides each in the domain, commits all changes in one transaction, and answers each.
//! It never waits for a batch to fill: a single request is decided at once, and batches grow
//! under load.

mod batch;
mod inbox;
mod runner;

use std::sync::Arc;
use std::time::Duration;

use madoguchi_domain::idempotency::KeyedRequest;
use madoguchi_domain::port::{ReplayStore, UpgradeStore};
use madoguchi_domain::upgrade::{GrantedCase, Request, UpgradePolicy};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::caught::TaskEnd;
use crate::mailbox::Mailbox;
use crate::{Answered, PlannedSignal, ServiceError};
use inbox::{Asked, Inbox};
use runner::BatchRunner;

/// Limits of the decision lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupCommitSettings {
    /// Maximum requests decided in one transaction.
    pub max_batch: usize,
    /// Maximum requests in the queue; further requests are rejected before any work.
    pub queue_capacity: usize,
    /// How long a request may wait in the queue, for example behind others that wait for a lock.
    /// Then it is not decided any more, and answered [`ServiceError::Unavailable`].
    pub max_wait: Duration,
}

impl Default for GroupCommitSettings {
    fn default() -> Self {
        Self { max_batch: 256, queue_capacity: 4096, max_wait: Duration::from_millis(4500) }
    }
}

/// Sends requests to the decision lane. When the last clone is dropped, the lane answers the
/// queued requests and ends.
#[derive(Debug, Clone)]
pub struct DecisionLane {
    queue: Mailbox<Asked, Answered<GrantedCase>>,
    max_wait: Duration,
}

impl DecisionLane {
    /// Starts the decision lane's task on the current runtime. Both stores are of one database.
    /// `planned` is notified when a core-bank effect was committed.
    #[must_use]
    pub fn start(
        store: Arc<dyn UpgradeStore>,
        replays: Arc<dyn ReplayStore>,
        policy: Arc<UpgradePolicy>,
        planned: PlannedSignal,
        settings: GroupCommitSettings,
    ) -> (Self, JoinHandle<()>) {
        let (queue, requests) = Mailbox::open(settings.queue_capacity);
        let runner = BatchRunner { store, replays, policy, planned };
        let inbox = Inbox::new(requests, settings.max_batch);
        (Self { queue, max_wait: settings.max_wait }, tokio::spawn(run(inbox, runner)))
    }

    /// Waits for the decision of one request, or for its stored answer if its key has one.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn ask(
        &self,
        request: Request,
        key: Option<KeyedRequest>,
    ) -> Result<Answered<GrantedCase>, ServiceError> {
        let until = Instant::now().checked_add(self.max_wait);
        self.queue.ask(Asked { request, key, until }).await
    }
}

async fn run(mut inbox: Inbox, runner: BatchRunner) {
    let _end = TaskEnd("the decision lane");
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
