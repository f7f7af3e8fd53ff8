//! The queue for slow hashes: password guessing uses at most half a core per slot.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use madoguchi_domain::port::VerifierUnavailable;
use tokio::sync::{Semaphore, oneshot, watch};

use super::proven::{Digest, Proven};
use super::thread;

/// The limits of concurrent hashing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordQueue {
    /// How many hashes are computed at once; 0 means 1.
    pub at_once: usize,
    /// How many more hashes are queued; further ones are rejected.
    pub waiting: usize,
}

impl Default for PasswordQueue {
    fn default() -> Self {
        Self { at_once: 1, waiting: 32 }
    }
}

impl PasswordQueue {
    /// The maximum calls in the queue: one per hash, plus on average seven more per hash that have
    /// the same credentials and wait for the same hash.
    #[must_use]
    pub const fn most(self) -> usize {
        self.hashes().saturating_mul(8)
    }

    /// The maximum hashes that are computed or queued.
    const fn hashes(self) -> usize {
        let at_once = if self.at_once == 0 { 1 } else { self.at_once };
        at_once.saturating_add(self.waiting)
    }
}

/// How long a slot stays idle after a hash that could not be computed, for example without memory.
const AFTER_A_FAILURE: Duration = Duration::from_millis(100);

/// Whether the password is correct, once known; busy if the hash could not be computed.
type Outcome = watch::Receiver<Option<Result<bool, VerifierUnavailable>>>;

/// The queue; cheap to clone.
#[derive(Clone)]
pub(super) struct Queue {
    calls: Arc<Semaphore>,
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    under_way: Arc<Mutex<HashMap<Digest, Outcome>>>,
    proven: Arc<Proven>,
}

impl Queue {
    /// Creates a queue that stores correct credentials in `proven`.
    pub(super) fn new(settings: PasswordQueue, proven: Arc<Proven>) -> Self {
        let semaphore = |n: usize| Arc::new(Semaphore::new(n.clamp(1, Semaphore::MAX_PERMITS)));
        Self {
            calls: semaphore(settings.most()),
            places: semaphore(settings.hashes()),
            turns: semaphore(settings.at_once),
            under_way: Arc::default(),
            proven,
        }
    }

    /// Runs `hash` when a slot is free, or waits for an equal one that is already queued.
    ///
    /// A queued hash runs to its end even if its caller cancels: a cancelled call must not free its
    /// slot for more guesses.
    pub(super) async fn run(
        &self,
        digest: Digest,
        hash: impl FnOnce() -> bool + Send + 'static,
    ) -> Result<bool, VerifierUnavailable> {
        let _call = self.calls.try_acquire().map_err(|_| VerifierUnavailable)?;
        let mut outcome = self.begin_or_join(digest, hash)?;
        let known = outcome.wait_for(Option::is_some).await;
        known.map_err(|_| VerifierUnavailable)?.unwrap_or(Err(VerifierUnavailable))
    }

    fn begin_or_join(
        &self,
        digest: Digest,
        hash: impl FnOnce() -> bool + Send + 'static,
    ) -> Result<Outcome, VerifierUnavailable> {
        let mut under_way = self.under_way();
        if let Some(outcome) = under_way.get(&digest) {
            return Ok(outcome.clone());
        }
        let place =
            Arc::clone(&self.places).try_acquire_owned().map_err(|_| VerifierUnavailable)?;
        let (tell, outcome) = watch::channel(None);
        under_way.insert(digest, outcome.clone());
        let queue = self.clone();
        tokio::spawn(async move {
            let turn = Arc::clone(&queue.turns).acquire_owned().await;
            let (right, worked) = match apart(hash).await {
                Ok((right, worked)) => (Ok(right), worked),
                Err(_) => (Err(VerifierUnavailable), AFTER_A_FAILURE),
            };
            if right == Ok(true) {
                queue.proven.remember(digest, tokio::time::Instant::now());
            }
            queue.under_way().remove(&digest);
            tell.send_replace(Some(right));
            // The slot stays idle for as long as the hash used the CPU, so that a flood of guesses
            // leaves CPU time to other work.
            tokio::time::sleep(worked).await;
            drop((turn, place));
        });
        Ok(outcome)
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<Digest, Outcome>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Computes a hash on its own low-priority thread, because a hash takes longer than most requests.
/// Starting the thread costs about a thousandth of the hash.
///
/// Also sends the CPU time that was used. Without a thread, or after a panic, nothing is sent.
fn apart(hash: impl FnOnce() -> bool + Send + 'static) -> oneshot::Receiver<(bool, Duration)> {
    let (tell, outcome) = oneshot::channel();
    let work = move || {
        thread::steps_back();
        let began = thread::has_worked();
        let right = hash();
        // There is no receiver only while the process ends.
        let _ = tell.send((right, thread::has_worked().saturating_sub(began)));
    };
    let started = std::thread::Builder::new().name("password-hash".to_owned()).spawn(work);
    if let Err(error) = started {
        tracing::error!(%error, "no thread for a password: raise the process's limit of threads");
    }
    outcome
}

#[cfg(test)]
impl Queue {
    pub(super) fn free_calls(&self) -> usize {
        self.calls.available_permits()
    }

    pub(super) fn free_places(&self) -> usize {
        self.places.available_permits()
    }
}
