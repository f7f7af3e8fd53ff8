//! The configuration of the effect worker and the sweeper.

use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_application::UpgradeOptions;
use madoguchi_domain::breaker::BreakerSettings;
use madoguchi_domain::effect::EffectPolicy;

use super::esb::EsbSection;
use super::reader::{ConfigError, Section, value};

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
    /// How long a proposed resolution waits for its approval.
    pub lapse_after: SignedDuration,
    /// When the circuit breaker opens, and for how long.
    pub breaker: BreakerSettings,
}

impl EffectSettings {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let options = UpgradeOptions::default();
        let standard = options.effects;
        let hour = 3_600_000;
        let worker = section.or("worker", true, value::boolean);
        let millis = value::signed_millis;
        let lease = section.or("lease_ms", standard.lease, millis(100, hour));
        let settle = section.or("settle_ms", standard.settle, millis(100, hour));
        let first_retry = section.or("first_retry_ms", standard.first_retry, millis(10, hour));
        let longest_retry =
            section.or("longest_retry_ms", standard.longest_retry, millis(10, hour));
        let tries = section.or("ambiguous_tries", 8, value::whole(1, 1000));
        let ambiguous_for = standard.ambiguous_for;
        let ambiguous_for = section.or("ambiguous_for_ms", ambiguous_for, millis(1000, 24 * hour));
        let calls = u32::try_from(options.calls).unwrap_or(u32::MAX);
        let max_concurrent_calls = section.or("max_concurrent_calls", calls, value::whole(1, 256));
        let sweep_every =
            section.or("sweep_every_ms", options.sweep_every, value::millis(10, 60_000));
        let lapse_hours = section.or("resolution_lapses_after_hours", 72, value::whole(1, 8784));
        let breaker = options.breaker;
        let failures = section.or("breaker_failures", breaker.failures, value::whole(1, 10_000));
        let open_for = section.or("breaker_open_ms", breaker.open_for, millis(10, hour));
        let longest = breaker.longest.max(open_for);
        let longest = section.or("breaker_max_open_ms", longest, millis(10, hour));
        let policy = EffectPolicy {
            lease,
            settle,
            first_retry,
            longest_retry,
            ambiguous_tries: i32::try_from(tries).unwrap_or(i32::MAX),
            ambiguous_for,
            ..standard
        };
        Self {
            worker,
            policy,
            max_concurrent_calls: max_concurrent_calls as usize,
            sweep_every,
            lapse_after: SignedDuration::from_hours(lapse_hours.into()),
            breaker: BreakerSettings { failures, open_for, longest },
        }
    }

    /// The lease must cover a call, since no call may outlive its claim.
    pub(super) fn refuse_what_is_unsafe(&self, esb: &EsbSection, errors: &mut Vec<ConfigError>) {
        let timeout = SignedDuration::try_from(esb.adapter.upstream.timeout);
        if !self.policy.leaves_time_for(timeout.unwrap_or(SignedDuration::MAX)) {
            errors.push(ConfigError {
                key: "effects.lease_ms".into(),
                what: "must be at least 500 ms longer than esb.timeout_ms".into(),
            });
        }
        if self.breaker.longest < self.breaker.open_for {
            errors.push(ConfigError {
                key: "effects.breaker_max_open_ms".into(),
                what: "must be at least effects.breaker_open_ms".into(),
            });
        }
    }
}
