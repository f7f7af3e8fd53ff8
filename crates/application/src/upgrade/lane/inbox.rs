//! The requests that wait for the decision lane, oldest first.

use madoguchi_domain::idempotency::KeyedRequest;
use madoguchi_domain::upgrade::{GrantedCase, Request};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::mailbox::QueuedRequest;
use crate::{Answered, ServiceError};

/// A request to decide.
pub(super) struct Asked {
    pub(super) request: Request,
    pub(super) key: Option<KeyedRequest>,
    /// When it is not decided any more. `None`: it waits as long as it must.
    pub(super) until: Option<Instant>,
}

/// A request that waits for its answer.
pub(super) struct Waiting {
    queued: QueuedRequest<Asked, Answered<GrantedCase>>,
    /// Number of decisions so far.
    pub(super) tries: u32,
}

impl Waiting {
    const fn new(queued: QueuedRequest<Asked, Answered<GrantedCase>>) -> Self {
        Self { queued, tries: 0 }
    }

    pub(super) const fn request(&self) -> &Request {
        &self.queued.request.request
    }

    pub(super) const fn key(&self) -> Option<&KeyedRequest> {
        self.queued.request.key.as_ref()
    }

    /// Whether it has waited too long.
    pub(super) fn is_overdue(&self) -> bool {
        self.queued.request.until.is_some_and(|until| until <= Instant::now())
    }

    pub(super) fn answer(self, answer: Result<Answered<GrantedCase>, ServiceError>) {
        self.queued.answer(answer);
    }
}

/// The queued requests.
pub(super) struct Inbox {
    queue: mpsc::Receiver<QueuedRequest<Asked, Answered<GrantedCase>>>,
    max_batch: usize,
}

impl Inbox {
    pub(super) const fn new(
        queue: mpsc::Receiver<QueuedRequest<Asked, Answered<GrantedCase>>>,
        max_batch: usize,
    ) -> Self {
        Self { queue, max_batch }
    }

    /// Waits for a request, then returns the queued ones, at most `max_batch`. Empty when the
    /// queue is closed.
    pub(super) async fn next(&mut self) -> Vec<Waiting> {
        let mut next = Vec::new();
        self.queue.recv_many(&mut next, self.max_batch).await;
        next.into_iter().map(Waiting::new).collect()
    }

    /// The requests queued now that still fit into a batch which already has `taken` requests.
    pub(super) fn arrived(&mut self, taken: usize) -> Vec<Waiting> {
        let room = self.max_batch.saturating_sub(taken);
        let queued = std::iter::from_fn(|| self.queue.try_recv().ok());
        queued.take(room).map(Waiting::new).collect()
    }
}
