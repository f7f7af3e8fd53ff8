//! Caches recently verified credentials by a keyed digest.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argon2::password_hash::try_generate_salt;
use madoguchi_domain::secret::{Credentials, SecretKey};
use tokio::time::Instant;

use super::hash::SlowHash;

/// How long credentials are accepted without a hash after their last use.
const FOR: Duration = Duration::from_secs(60);

/// The cache. It has at most one entry per user, because only correct credentials are stored.
pub(super) struct Proven {
    key: SecretKey,
    until: Mutex<HashMap<Digest, Instant>>,
}

/// HMAC-SHA-256 of user name, password and the compared hash, under a random key of this process.
/// A user whose hash was changed is therefore not found.
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

    /// Whether these credentials were verified recently. An attacker cannot choose the digest, so
    /// the lookup time reveals nothing about a password.
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
