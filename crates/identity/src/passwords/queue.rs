//! The queue for slow hashes: one for all calls with the same credentials, a few at once.

use std::sync::Arc;
use std::time::Duration;

use madoguchi_domain::port::VerifierUnavailable;
use moka::future::Cache;
use tokio::sync::Semaphore;

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

/// Keyed digest of presented credentials and of the hash that they are compared with.
pub(super) type Digest = [u8; 32];

/// The queue, and a cache of correct credentials: at most one entry per user.
pub(super) struct Queue {
    calls: Semaphore,
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    verified: Cache<Digest, ()>,
}

/// Why credentials are not in the cache after a call.
enum NotVerified {
    Wrong,
    /// The queue is full, or the hash could not be computed.
    Unavailable,
}

impl Queue {
    /// Creates a queue that keeps correct credentials until they are unused for `idle`.
    pub(super) fn new(settings: PasswordQueue, idle: Duration) -> Self {
        let permits = |n: usize| n.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            calls: Semaphore::new(permits(settings.most())),
            places: Arc::new(Semaphore::new(permits(settings.hashes()))),
            turns: Arc::new(Semaphore::new(permits(settings.at_once))),
            verified: Cache::builder().time_to_idle(idle).build(),
        }
    }

    /// Whether these credentials were correct recently. An attacker cannot choose the digest, so
    /// the lookup time reveals nothing about a password.
    pub(super) async fn recalls(&self, digest: &Digest) -> bool {
        self.verified.get(digest).await.is_some()
    }

    /// Runs `hash` when a slot is free, or waits for an equal one that is already queued.
    pub(super) async fn run(
        &self,
        digest: Digest,
        hash: impl FnOnce() -> bool + Send + 'static,
    ) -> Result<bool, VerifierUnavailable> {
        let _call = self.calls.try_acquire().map_err(|_| VerifierUnavailable)?;
        let verified = self.verified.try_get_with(digest, self.compute(hash)).await;
        match verified {
            Ok(()) => Ok(true),
            Err(why) => match *why {
                NotVerified::Wrong => Ok(false),
                NotVerified::Unavailable => Err(VerifierUnavailable),
            },
        }
    }

    async fn compute(
        &self,
        hash: impl FnOnce() -> bool + Send + 'static,
    ) -> Result<(), NotVerified> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| NotVerified::Unavailable)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let computed = tokio::task::spawn_blocking(move || {
            // Held until the hash ends: a cancelled call must not free its slot for more guesses.
            let _slot = (turn, place);
            hash()
        });
        match computed.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(NotVerified::Wrong),
            Err(_) => Err(NotVerified::Unavailable),
        }
    }
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
