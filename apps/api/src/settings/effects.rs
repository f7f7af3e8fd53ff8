//! The configuration of the effect worker and the sweeper.

use std::time::Duration;

use madoguchi_domain::effect::EffectPolicy;

use super::esb::EsbSection;
use super::reader::{ConfigError, Section, value};
use crate::effect_tasks::signed;

/// Time reserved within a lease for committing the claim before the call begins.
const FOR_THE_CLAIM: Duration = Duration::from_millis(500);

/// How outbox effects are sent and retried.
#[derive(Debug, Clone, Copy)]
pub struct EffectSettings {
    /// Whether this process sends effects; another process may send them.
    pub worker: bool,
    /// Leases, backoff and retry limits; the guarantee comes from the ESB section.
    pub policy: EffectPolicy,
    /// Maximum number of concurrent calls to the core bank.
    pub max_concurrent_calls: usize,
    /// Interval between checks of leases and settle times.
    pub sweep_every: Duration,
    /// Number of consecutive failures that open the circuit breaker.
    pub breaker_failures: u32,
    /// How long the breaker stays open at first.
    pub breaker_open: Duration,
    /// Maximum open time, since each failed probe doubles it.
    pub breaker_max_open: Duration,
}

impl EffectSettings {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let standard = EffectPolicy::standard();
        let hour = 3_600_000;
        let worker = section.or("worker", true, value::boolean);
        let lease = section.or("lease_ms", Duration::from_secs(30), value::millis(100, hour));
        let settle = section.or("settle_ms", Duration::from_secs(120), value::millis(100, hour));
        let first = section.or("first_retry_ms", Duration::from_secs(1), value::millis(10, hour));
        let longest =
            section.or("longest_retry_ms", Duration::from_secs(60), value::millis(10, hour));
        let tries = section.or("ambiguous_tries", 8, value::whole(1, 1000));
        let ambiguous_for = Duration::from_secs(3600);
        let ambiguous_for =
            section.or("ambiguous_for_ms", ambiguous_for, value::millis(1000, 24 * hour));
        let max_concurrent_calls = section.or("max_concurrent_calls", 16, value::whole(1, 256));
        let sweep_every =
            section.or("sweep_every_ms", Duration::from_secs(1), value::millis(10, 60_000));
        let breaker_failures = section.or("breaker_failures", 10, value::whole(1, 10_000));
        let default = Duration::from_secs(5);
        let breaker_open = section.or("breaker_open_ms", default, value::millis(10, hour));
        let longest_default = Duration::from_secs(300).max(breaker_open);
        let breaker_max_open =
            section.or("breaker_max_open_ms", longest_default, value::millis(10, hour));
        let policy = EffectPolicy {
            lease: signed(lease),
            settle: signed(settle),
            first_retry: signed(first),
            longest_retry: signed(longest),
            ambiguous_tries: i32::try_from(tries).unwrap_or(i32::MAX),
            ambiguous_for: signed(ambiguous_for),
            ..standard
        };
        let max_concurrent_calls = max_concurrent_calls as usize;
        Self {
            worker,
            policy,
            max_concurrent_calls,
            sweep_every,
            breaker_failures,
            breaker_open,
            breaker_max_open,
        }
    }

    /// The lease must cover a call, since no call may outlive its claim.
    pub(super) fn refuse_what_is_unsafe(&self, esb: &EsbSection, errors: &mut Vec<ConfigError>) {
        if self.policy.lease < signed(esb.upstream.timeout + FOR_THE_CLAIM) {
            errors.push(ConfigError {
                key: "effects.lease_ms".into(),
                what: "must be at least 500 ms longer than esb.timeout_ms".into(),
            });
        }
        if self.breaker_max_open < self.breaker_open {
            errors.push(ConfigError {
                key: "effects.breaker_max_open_ms".into(),
                what: "must be at least effects.breaker_open_ms".into(),
            });
        }
    }
}
