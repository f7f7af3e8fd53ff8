//! The policy of a kind of effect: what a repeated order may do, and all waiting times and limits.

use std::time::Duration;

use jiff::SignedDuration;

use crate::Timestamp;

/// What follows when the settle time after an unknown outcome is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnUnknown {
    /// Send again: a repeated order with the same id is harmless.
    Resend,
    /// Never send again by itself: an operator decides.
    Manual,
}

/// A random share of a waiting time, 0 to 1, drawn by the caller.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jitter(f64);

impl Jitter {
    /// The full waiting time.
    pub const FULL: Self = Self(1.0);

    /// A share, clamped to 0 … 1.
    #[must_use]
    pub const fn new(share: f64) -> Self {
        Self(share.clamp(0.0, 1.0))
    }

    /// This share of `wait`.
    #[must_use]
    pub fn of(self, wait: Duration) -> Duration {
        wait.mul_f64(self.0)
    }
}

/// Lease, settle time, retries and limits of a kind of effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EffectPolicy {
    /// What follows an unknown outcome.
    pub on_unknown: OnUnknown,
    /// The age after which an order that could never be sent is given up. `None`: never.
    pub give_up_after: Option<SignedDuration>,
    /// The number of attempts that sent nothing before which it is not given up, however old.
    pub give_up_attempts: i32,
    /// Duration of a claim's lease.
    pub lease: SignedDuration,
    /// Waiting time after an unknown outcome before the next transition.
    pub settle: SignedDuration,
    /// Maximum first backoff after an order that was not sent, and, in addition to `settle`, after
    /// the second unknown outcome; doubles each time.
    pub first_retry: SignedDuration,
    /// Maximum backoff.
    pub longest_retry: SignedDuration,
    /// Number of unknown outcomes after which the effect moves to `Manual`.
    pub ambiguous_tries: i32,
    /// Total unknown time after which the effect moves to `Manual`.
    pub ambiguous_for: SignedDuration,
}

impl EffectPolicy {
    /// The documented defaults (`docs/operations.md`): settle 120 s, 8 tries, 60 min.
    #[must_use]
    pub const fn standard() -> Self {
        Self {
            on_unknown: OnUnknown::Resend,
            give_up_after: None,
            give_up_attempts: 1,
            lease: SignedDuration::from_secs(30),
            settle: SignedDuration::from_secs(120),
            first_retry: SignedDuration::from_secs(1),
            longest_retry: SignedDuration::from_secs(60),
            ambiguous_tries: 8,
            ambiguous_for: SignedDuration::from_mins(60),
        }
    }

    /// Whether a call of at most this duration fits into a lease: 500 ms are reserved to commit the
    /// claim and the outcome.
    #[must_use]
    pub fn leaves_time_for(&self, call_lasts: SignedDuration) -> bool {
        let needed = call_lasts.checked_add(SignedDuration::from_millis(500));
        needed.is_some_and(|needed| needed <= self.lease)
    }

    /// When the lease of a claim made at `now` ends.
    #[must_use]
    pub fn lease_until(&self, now: Timestamp) -> Timestamp {
        later(now, self.lease)
    }

    /// The next attempt after `failures` consecutive failures: exponential backoff, full jitter.
    pub(super) fn retry_at(&self, now: Timestamp, failures: i32, jitter: Jitter) -> Timestamp {
        let doublings = failures.saturating_sub(1).clamp(0, 20);
        let longest = self.first_retry.saturating_mul(1 << doublings).min(self.longest_retry);
        later(now, longest.mul_f64(jitter.0))
    }
}

/// `now` plus `wait`, in whole microseconds.
pub(crate) fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    let micros = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
    now.saturating_add(SignedDuration::from_micros(micros)).unwrap_or(Timestamp::MAX)
}
