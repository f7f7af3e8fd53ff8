//! The settings of the lookups: URL, credentials, retries, bulkhead and circuit breaker.

use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_domain::breaker::BreakerSettings;
use madoguchi_domain::caller::ApiKey;
use madoguchi_domain::secret::Credentials;
use madoguchi_upstream::{Charset, Connections, GuardSettings, InvalidUpstream, UpstreamSettings};

/// How to call the upstream. [`ItauSettings::new`] sets the documented defaults.
#[derive(Debug, Clone)]
pub struct ItauSettings {
    /// The URL before `/apiaccess`, and the limits. `timeout` covers a whole lookup with its
    /// retries. Defaults: 5 s, 2 s to connect, 256 KiB for a reply. A reply that is not UTF-8 and
    /// declares no charset is ISO 8859-1 by default.
    pub upstream: UpstreamSettings,
    /// `userName` and `password`: our own, never those of our client.
    pub credentials: Credentials,
    /// `x-app-key`, if the upstream requires one.
    pub app_key: Option<ApiKey>,
    /// The maximum retries of a failed lookup; 2 by default.
    pub max_retries: u32,
    /// The maximum backoff before the first retry, doubled for each next one; 100 ms by default.
    pub pause: Duration,
    /// The maximum concurrent lookups of one kind; 64 by default.
    pub max_concurrent_calls: usize,
    /// The maximum queued lookups of one kind; more are rejected; 256 by default.
    pub max_queue: usize,
    /// The circuit breaker of each kind of lookup; opens for 5 s after 10 failures in a row by
    /// default.
    pub breaker: BreakerSettings,
}

impl ItauSettings {
    /// The documented defaults for this URL and these credentials.
    #[must_use]
    pub fn new(url: impl Into<String>, credentials: Credentials) -> Self {
        let upstream = UpstreamSettings {
            connect_timeout: Duration::from_secs(2),
            timeout: Duration::from_secs(5),
            max_reply_bytes: 256 * 1024,
            charset: Charset::ISO_8859_1,
            connections: Connections::Kept,
            ..UpstreamSettings::new(url)
        };
        Self {
            upstream,
            credentials,
            app_key: None,
            max_retries: 2,
            pause: Duration::from_millis(100),
            max_concurrent_calls: 64,
            max_queue: 256,
            breaker: BreakerSettings::steady(10, SignedDuration::from_secs(5)),
        }
    }
}

impl ItauSettings {
    /// The limits of each kind of lookup.
    pub(crate) const fn limits(&self) -> GuardSettings {
        GuardSettings {
            max_retries: self.max_retries,
            pause: self.pause,
            max_concurrent_calls: self.max_concurrent_calls,
            max_queue: self.max_queue,
            breaker: self.breaker,
        }
    }
}

/// Invalid settings. Each error names the setting, never its value.
#[derive(Debug, thiserror::Error)]
pub enum InvalidItau {
    /// Correct the settings of the HTTP call.
    #[error(transparent)]
    Upstream(#[from] InvalidUpstream),
    /// Correct the credentials.
    #[error("user name and password must be visible ASCII characters: they travel in headers")]
    Credentials,
    /// Correct the limits.
    #[error("{0}")]
    Limits(&'static str),
}
