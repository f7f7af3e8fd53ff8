//! Credentials that were right a moment ago, remembered by a keyed digest.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argon2::password_hash::try_generate_salt;
use madoguchi_domain::secret::{Credentials, SecretKey};
use tokio::time::Instant;

use super::hash::SlowHash;

/// How long after their last use credentials are taken without a hash.
const FOR: Duration = Duration::from_secs(60);

/// At most one entry a user, since only right credentials are remembered.
pub(super) struct Proven {
    key: SecretKey,
    until: Mutex<HashMap<Digest, Instant>>,
}

/// HMAC-SHA-256 of user name, password and the hash that they were compared with, under a key that
/// this process made for itself. So a user whose hash was changed is not recalled.
pub(super) type Digest = [u8; 32];

impl Proven {
    pub(super) fn new() -> Result<Self, &'static str> {
        let half = || try_generate_salt().map_err(|_| "the system gives no randomness");
        let key = SecretKey::parse(&[half()?, half()?].concat());
        let key = key.map_err(|_| "the system gives too little randomness")?;
        Ok(Self { key, until: Mutex::default() })
    }

    pub(super) fn digest(&self, presented: &Credentials, hash: &SlowHash) -> Digest {
        self.key.mac(&[b"proven", presented.user(), presented.password(), hash.as_bytes()])
    }

    /// Says whether these were right a moment ago. Found by a digest that nobody outside can aim
    /// at: how long that takes says nothing about any password.
    pub(super) fn recalls(&self, digest: &Digest, now: Instant) -> bool {
        match self.entries().get_mut(digest) {
            Some(until) if *until > now => {
                *until = now + FOR;
                true
            }
            Some(_) | None => false,
        }
    }

    pub(super) fn remember(&self, digest: Digest, now: Instant) {
        let mut entries = self.entries();
        entries.retain(|_, until| *until > now);
        entries.insert(digest, now + FOR);
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<Digest, Instant>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
