//! The queue for slow hashes: nobody who guesses passwords gets more than half a core.

use std::sync::Arc;
use std::time::Instant;

use madoguchi_domain::port::VerifierBusy;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// How much hashing there may be at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordQueue {
    /// How many hashes are computed at once.
    pub at_once: usize,
    /// How many may wait for that; more are turned away.
    pub waiting: usize,
}

impl Default for PasswordQueue {
    fn default() -> Self {
        Self { at_once: 1, waiting: 32 }
    }
}

pub(super) struct Queue {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

impl Queue {
    pub(super) fn new(PasswordQueue { at_once, waiting }: PasswordQueue) -> Self {
        Self {
            places: Arc::new(Semaphore::new(at_once + waiting)),
            turns: Arc::new(Semaphore::new(at_once)),
        }
    }

    /// Runs `hash` on a blocking thread when its turn has come. Afterwards the turn is left idle
    /// for as long as the hash took, so that a flood of them leaves the processor to others.
    pub(super) async fn run(
        &self,
        hash: impl FnOnce() -> bool + Send + 'static,
    ) -> Result<bool, VerifierBusy> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| VerifierBusy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| VerifierBusy)?;
        let hashed = spawn_blocking(move || {
            let began = Instant::now();
            let right = hash();
            (right, began.elapsed())
        });
        // What panicked is not right.
        let (right, took) = hashed.await.unwrap_or_default();
        tokio::spawn(async move {
            tokio::time::sleep(took).await;
            drop((turn, place));
        });
        Ok(right)
    }
}
