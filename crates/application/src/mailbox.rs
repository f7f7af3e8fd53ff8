//! A bounded queue of requests to one task, each with its answer.

use std::fmt;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use crate::ServiceError;

/// Sends requests to the task that has the other end. The task ends when the last clone is dropped
/// and the queued requests are answered.
pub(crate) struct Mailbox<Q, A> {
    queue: mpsc::Sender<QueuedRequest<Q, A>>,
}

/// A request that waits for its answer.
pub(crate) struct QueuedRequest<Q, A> {
    pub(crate) request: Q,
    reply: oneshot::Sender<Result<A, ServiceError>>,
}

impl<Q, A> Mailbox<Q, A> {
    /// A mailbox for at most `capacity` queued requests, and the end that receives them.
    pub(crate) fn open(capacity: usize) -> (Self, mpsc::Receiver<QueuedRequest<Q, A>>) {
        let (queue, requests) = mpsc::channel(capacity);
        (Self { queue }, requests)
    }

    /// Sends a request and waits for its answer. A full queue rejects it before any work.
    pub(crate) async fn ask(&self, request: Q) -> Result<A, ServiceError> {
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(QueuedRequest { request, reply }).map_err(|full| match full {
            TrySendError::Full(_) => ServiceError::Overloaded,
            TrySendError::Closed(_) => ServiceError::Unavailable,
        })?;
        answer.await.unwrap_or(Err(ServiceError::Unavailable))
    }
}

impl<Q, A> QueuedRequest<Q, A> {
    /// Answers the request. Its sender may be gone; the work is done anyway.
    pub(crate) fn answer(self, answer: Result<A, ServiceError>) {
        let _ = self.reply.send(answer);
    }
}

impl<Q, A> Clone for Mailbox<Q, A> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone() }
    }
}

impl<Q, A> fmt::Debug for Mailbox<Q, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailbox({} free)", self.queue.capacity())
    }
}
