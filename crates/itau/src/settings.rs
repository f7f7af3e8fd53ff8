//! What an operator says about the downstream: how it is reached, and how careful to be with it.

use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_domain::breaker::BreakerSettings;
use madoguchi_domain::caller::ApiKey;
use madoguchi_domain::secret::Credentials;
use madoguchi_upstream::{Charset, Connections, InvalidUpstream, UpstreamSettings};

/// How the downstream is reached. [`ItauSettings::new`] gives the documented defaults.
#[derive(Debug, Clone)]
pub struct ItauSettings {
    /// The address before `/apiaccess`, and the limits: `timeout` is for a whole lookup, its
    /// repetitions included; 5 s by default, 2 s for a connection, 256 KiB for a reply. What
    /// declares no charset and is not UTF-8 is ISO 8859-1 by default.
    pub upstream: UpstreamSettings,
    /// `userName` and `password`: our own, never those of whoever asks us.
    pub credentials: Credentials,
    /// `x-app-key`, if the downstream wants one.
    pub app_key: Option<ApiKey>,
    /// How often a failed lookup is repeated; 2 by default.
    pub max_retries: u32,
    /// The pause before the first repetition at most, which doubles each time; 100 ms by default.
    pub pause: Duration,
    /// The most lookups of one kind under way at once; 64 by default.
    pub max_concurrent_calls: usize,
    /// The most lookups of one kind that wait for that; more are turned away; 256 by default.
    pub max_queue: usize,
    /// When to leave the downstream alone, for each kind of lookup; after 10 failures in a row for
    /// 5 s by default.
    pub breaker: BreakerSettings,
}

impl ItauSettings {
    /// The documented defaults for this address and these credentials.
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
    /// Refuses what could not work, or could not be counted with.
    pub(crate) fn check_limits(&self) -> Result<(), InvalidItau> {
        let most = 1_000_000;
        if self.max_concurrent_calls == 0
            || self.max_concurrent_calls > most
            || self.max_queue > most
        {
            return Err(InvalidItau::Limits(
                "max_concurrent_calls must be 1 to 1000000, max_queue at most that",
            ));
        }
        if self.pause > Duration::from_secs(60) {
            return Err(InvalidItau::Limits("pause must be at most 60 s"));
        }
        let BreakerSettings { failures, open_for, longest } = self.breaker;
        let day = SignedDuration::from_hours(24);
        if failures == 0 || open_for <= SignedDuration::ZERO || longest < open_for || longest > day
        {
            return Err(InvalidItau::Limits(
                "breaker.failures must be at least 1, breaker.open_for above 0 and at most \
                 breaker.longest, and that at most 24 h",
            ));
        }
        Ok(())
    }
}

/// Settings that cannot be used. Each names the setting, never its value.
#[derive(Debug, thiserror::Error)]
pub enum InvalidItau {
    /// Correct how it is reached.
    #[error(transparent)]
    HttpUpstream(#[from] InvalidUpstream),
    /// Correct the credentials.
    #[error("user name and password must be visible ASCII characters: they travel in headers")]
    Credentials,
    /// Correct the limits.
    #[error("{0}")]
    Limits(&'static str),
}
