//! The configuration of the effect worker and the sweeper.

use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_domain::breaker::BreakerSettings;
use madoguchi_domain::effect::EffectPolicy;

use super::esb::EsbSection;
use super::reader::{ConfigError, Section, value};

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
    /// When the circuit breaker opens, and for how long.
    pub breaker: BreakerSettings,
}

impl EffectSettings {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let standard = EffectPolicy::standard();
        let hour = 3_600_000;
        let worker = section.or("worker", true, value::boolean);
        let mut length =
            |key, default, least, most| section.or(key, default, value::signed_millis(least, most));
        let lease = length("lease_ms", standard.lease, 100, hour);
        let settle = length("settle_ms", standard.settle, 100, hour);
        let first_retry = length("first_retry_ms", standard.first_retry, 10, hour);
        let longest_retry = length("longest_retry_ms", standard.longest_retry, 10, hour);
        let ambiguous_for = length("ambiguous_for_ms", standard.ambiguous_for, 1000, 24 * hour);
        let open_for = length("breaker_open_ms", SignedDuration::from_secs(5), 10, hour);
        let longest = SignedDuration::from_secs(300).max(open_for);
        let longest = length("breaker_max_open_ms", longest, 10, hour);
        let tries = section.or("ambiguous_tries", 8, value::whole(1, 1000));
        let max_concurrent_calls = section.or("max_concurrent_calls", 16, value::whole(1, 256));
        let sweep_every =
            section.or("sweep_every_ms", Duration::from_secs(1), value::millis(10, 60_000));
        let failures = section.or("breaker_failures", 10, value::whole(1, 10_000));
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
            breaker: BreakerSettings { failures, open_for, longest },
        }
    }

    /// The lease must cover a call, since no call may outlive its claim.
    pub(super) fn refuse_what_is_unsafe(&self, esb: &EsbSection, errors: &mut Vec<ConfigError>) {
        if self.policy.lease.unsigned_abs() < esb.client.upstream.timeout + FOR_THE_CLAIM {
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
