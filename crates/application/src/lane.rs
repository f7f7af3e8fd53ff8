//! The decision lane: everybody who waits at one moment shares the price of one commit.
//!
//! One task takes what waits (up to a bound), loads it all and whoever came meanwhile, decides each
//! in the domain, commits all of it in one transaction, and answers each. It never waits for a
//! batch to fill: alone, a request goes through at once; under load, batches grow by themselves.

mod round;

use std::fmt;
use std::sync::Arc;

use madoguchi_domain::port::UpgradeStore;
use madoguchi_domain::upgrade::{Request, Standing, UpgradePolicy};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::DeskError;
use round::Round;

/// How much the lane holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneSettings {
    /// The most requests decided in one transaction.
    pub most: usize,
    /// The most requests that may wait; more are refused before any work.
    pub queue: usize,
}

impl Default for LaneSettings {
    fn default() -> Self {
        Self { most: 256, queue: 4096 }
    }
}

/// A request that waits for its answer.
pub(crate) struct Waiting {
    pub(crate) request: Request,
    pub(crate) tries: u32,
    reply: oneshot::Sender<Result<Standing, DeskError>>,
}

impl Waiting {
    pub(crate) fn answer(self, answer: Result<Standing, DeskError>) {
        // Whoever asked may have left: what was decided stands all the same.
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
        settings: LaneSettings,
    ) -> (Self, JoinHandle<()>) {
        let (queue, waiting) = mpsc::channel(settings.queue);
        let round = Round { store, policy, planned };
        let line = Line { queue: waiting, most: settings.most };
        (Self { queue }, tokio::spawn(run(line, round)))
    }

    /// Waits for the decision of one request.
    ///
    /// # Errors
    /// See [`DeskError`].
    pub async fn ask(&self, request: Request) -> Result<Standing, DeskError> {
        let (reply, answer) = oneshot::channel();
        let waiting = Waiting { request, tries: 0, reply };
        self.queue.try_send(waiting).map_err(|full| match full {
            TrySendError::Full(_) => DeskError::Overloaded,
            TrySendError::Closed(_) => DeskError::Unavailable,
        })?;
        answer.await.unwrap_or(Err(DeskError::Unavailable))
    }
}

/// Those who wait, in their order.
struct Line {
    queue: mpsc::Receiver<Waiting>,
    most: usize,
}

impl Line {
    /// Waits until somebody is there; then everybody who is, as far as one batch takes them.
    /// Nobody, when nobody can come any more.
    async fn next(&mut self) -> Vec<Waiting> {
        let mut next = Vec::new();
        self.queue.recv_many(&mut next, self.most).await;
        next
    }

    /// Everybody who is there by now, as far as a batch that has taken so many takes them.
    fn arrived(&mut self, taken: usize) -> Vec<Waiting> {
        let room = self.most.saturating_sub(taken);
        std::iter::from_fn(|| self.queue.try_recv().ok()).take(room).collect()
    }
}

async fn run(mut line: Line, round: Round) {
    let mut left = Vec::new();
    loop {
        let first = if left.is_empty() {
            line.next().await
        } else {
            // What was left goes first; who came meanwhile goes with it, as far as there is room.
            let arrived = line.arrived(left.len());
            left.into_iter().chain(arrived).collect()
        };
        if first.is_empty() {
            return;
        }
        left = round.answer(first, &mut line).await;
    }
}
