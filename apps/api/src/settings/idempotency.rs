//! The configuration of stored answers to requests with an idempotency key.

use std::time::Duration;

use madoguchi_domain::secret::SecretKey;

use super::reader::{Section, value};

/// How answers to requests with an idempotency key are stored.
#[derive(Debug, Clone)]
pub struct IdempotencySection {
    /// Derives the stored keys and fingerprints: the deployment salt.
    pub secret: SecretKey,
    /// How long an answer is kept at least.
    pub keep: Duration,
}

impl IdempotencySection {
    /// None without the deployment salt, which is reported as missing elsewhere.
    pub(super) fn read(section: &mut Section<'_>, secret: Option<SecretKey>) -> Option<Self> {
        let hours = section.or("keep_hours", 24, value::whole(1, 24 * 365));
        let keep = Duration::from_secs(u64::from(hours) * 3600);
        Some(Self { secret: secret?, keep })
    }
}
