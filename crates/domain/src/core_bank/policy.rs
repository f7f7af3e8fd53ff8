//! What re-sending may do, and how patient the bank wants us to be.

use std::time::Duration;

use jiff::SignedDuration;

use crate::Timestamp;

/// What the ESB promises about an order it sees again with the same transaction id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Guarantee {
    /// It recognises it and does not act twice.
    Dedupes,
    /// It sets the same level again, which changes nothing.
    AbsoluteSet,
    /// Nothing: never re-send, let people look.
    None,
}

impl Guarantee {
    /// The text in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dedupes => "dedupes",
            Self::AbsoluteSet => "absolute-set",
            Self::None => "none",
        }
    }

    /// Reads what [`as_str`](Self::as_str) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Dedupes, Self::AbsoluteSet, Self::None]
            .into_iter()
            .find(|guarantee| guarantee.as_str() == text)
    }
}

/// A share of a waiting time, 0 to 1 of it, drawn at random by whoever asks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jitter(f64);

impl Jitter {
    /// All of the waiting time.
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

/// How an effect is pursued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EffectPolicy {
    /// What re-sending may do.
    pub guarantee: Guarantee,
    /// How long a claim is good.
    pub lease: SignedDuration,
    /// How long to wait after an unknown outcome before anything else is tried.
    pub settle: SignedDuration,
    /// The longest first waiting time after an order that was not sent, and, besides `settle`,
    /// after the second unknown outcome; doubles each time.
    pub first_retry: SignedDuration,
    /// The longest waiting time.
    pub longest_retry: SignedDuration,
    /// How many unknown outcomes before people must look.
    pub ambiguous_tries: i32,
    /// How long an outcome may stay unknown before people must look.
    pub ambiguous_for: SignedDuration,
}

impl EffectPolicy {
    /// The documented defaults (`docs/operations.md`): settle 120 s, 8 tries, 60 min.
    #[must_use]
    pub const fn standard() -> Self {
        Self {
            guarantee: Guarantee::AbsoluteSet,
            lease: SignedDuration::from_secs(30),
            settle: SignedDuration::from_secs(120),
            first_retry: SignedDuration::from_secs(1),
            longest_retry: SignedDuration::from_secs(60),
            ambiguous_tries: 8,
            ambiguous_for: SignedDuration::from_mins(60),
        }
    }

    /// Until when a claim made at `now` is good.
    #[must_use]
    pub fn lease_until(&self, now: Timestamp) -> Timestamp {
        later(now, self.lease)
    }

    /// When to try again after `failures` failures in a row: exponential with full jitter.
    pub(super) fn retry_at(&self, now: Timestamp, failures: i32, jitter: Jitter) -> Timestamp {
        let doublings = failures.saturating_sub(1).clamp(0, 20);
        let longest = self.first_retry.saturating_mul(1 << doublings).min(self.longest_retry);
        later(now, longest.mul_f64(jitter.0))
    }
}

/// `now` plus `wait`, in whole microseconds.
pub(super) fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    let micros = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
    now.saturating_add(SignedDuration::from_micros(micros)).unwrap_or(Timestamp::MAX)
}
