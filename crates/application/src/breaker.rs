//! A circuit breaker: after too many failures in a row nothing is claimed for a while.

use jiff::SignedDuration;
use madoguchi_domain::Timestamp;
use madoguchi_domain::core_bank::{Doubt, Outcome, WhyNotSent};

/// When the breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSettings {
    /// How many failures in a row open it.
    pub failures: u32,
    /// How long it stays open before one probe goes through.
    pub open_for: SignedDuration,
}

/// Counts failures in a row. Pure: time and outcomes are handed in.
///
/// ```
/// # use madoguchi_application::{Breaker, BreakerSettings};
/// # use madoguchi_domain::core_bank::{Doubt, Outcome};
/// # use madoguchi_domain::Timestamp;
/// let settings = BreakerSettings { failures: 2, open_for: jiff::SignedDuration::from_secs(10) };
/// let mut breaker = Breaker::new(settings);
/// let now = Timestamp::UNIX_EPOCH;
/// breaker.saw(&Outcome::Unknown(Doubt::TimedOut), now);
/// assert_eq!(breaker.allows(16, now), 16);
/// breaker.saw(&Outcome::Unknown(Doubt::TimedOut), now);
/// assert_eq!(breaker.allows(16, now), 0);
/// assert_eq!(breaker.allows(16, now + settings.open_for), 1);
/// ```
#[derive(Debug, Clone)]
pub struct Breaker {
    settings: BreakerSettings,
    failures: u32,
    open_until: Option<Timestamp>,
}

impl Breaker {
    /// A closed breaker.
    #[must_use]
    pub const fn new(settings: BreakerSettings) -> Self {
        Self { settings, failures: 0, open_until: None }
    }

    /// How many of `free` calls may start now: all, none, or one to probe.
    #[must_use]
    pub fn allows(&self, free: usize, now: Timestamp) -> usize {
        match self.open_until {
            None => free,
            Some(until) if now >= until => free.min(1),
            Some(_) => 0,
        }
    }

    /// Says whether too many calls failed and none has succeeded since.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.open_until.is_some()
    }

    /// Takes note of how a call ended.
    pub fn saw(&mut self, outcome: &Outcome, now: Timestamp) {
        if is_our_own(outcome) {
            return;
        }
        if !is_failure(outcome) {
            *self = Self::new(self.settings);
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures >= self.settings.failures {
            self.open_until = now.checked_add(self.settings.open_for).ok();
        }
    }
}

/// Says whether the call ended before the other side had a part in it.
const fn is_our_own(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::NotSent(WhyNotSent::NotEncodable | WhyNotSent::LeaseOver))
}

/// Says whether the other side was not there, as opposed to having said something.
const fn is_failure(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::NotSent(_) => true,
        Outcome::Unknown(doubt) => {
            matches!(doubt, Doubt::ConnectionLost | Doubt::TimedOut | Doubt::Status)
        }
        Outcome::Applied | Outcome::Refused(_) => false,
    }
}
