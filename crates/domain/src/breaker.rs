//! A circuit breaker: after too many failures in a row nobody is called for a while.

use jiff::SignedDuration;

use crate::Timestamp;

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSettings {
    /// How many failures in a row open it.
    pub failures: u32,
    /// How long it stays open before one probe goes through.
    pub open_for: SignedDuration,
}

/// Counts failures in a row. Pure: time is handed in, and its owner says what counts as failure.
///
/// ```
/// # use madoguchi_domain::breaker::{Breaker, BreakerSettings};
/// # use madoguchi_domain::Timestamp;
/// let settings = BreakerSettings { failures: 2, open_for: jiff::SignedDuration::from_secs(10) };
/// let mut breaker = Breaker::new(settings);
/// let now = Timestamp::UNIX_EPOCH;
/// breaker.failed(now);
/// assert_eq!(breaker.allows(16, now), 16);
/// breaker.failed(now);
/// assert_eq!(breaker.allows(16, now), 0);
/// assert_eq!(breaker.allows(16, now + settings.open_for), 1);
/// breaker.succeeded();
/// assert_eq!(breaker.allows(16, now), 16);
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

    /// How many of `free` calls may start now: all, none, or one to probe. The caller sees to it
    /// that only one probe is out at a time.
    #[must_use]
    pub fn allows(&self, free: usize, now: Timestamp) -> usize {
        match self.open_until {
            None => free,
            // A clock that was set back must not keep it open for longer.
            Some(until) if now >= until || until.duration_since(now) > self.settings.open_for => {
                free.min(1)
            }
            Some(_) => 0,
        }
    }

    /// Says whether too many calls failed and none has succeeded since.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.open_until.is_some()
    }

    /// A call found the other side there.
    pub const fn succeeded(&mut self) {
        *self = Self::new(self.settings);
    }

    /// A probe ended and told nothing: the next one goes through no sooner than after this.
    pub fn learned_nothing(&mut self, now: Timestamp) {
        if self.is_open() {
            self.open_until = Some(self.later(now));
        }
    }

    /// A call did not find the other side there.
    pub fn failed(&mut self, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= self.settings.failures {
            self.open_until = Some(self.later(now));
        }
    }

    fn later(&self, now: Timestamp) -> Timestamp {
        now.checked_add(self.settings.open_for).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_does_not_keep_it_open() {
        let open_for = SignedDuration::from_secs(10);
        let mut breaker = Breaker::new(BreakerSettings { failures: 1, open_for });
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(2);
        breaker.failed(now);
        assert_eq!(breaker.allows(16, now), 0);
        assert_eq!(breaker.allows(16, now - SignedDuration::from_hours(1)), 1);
    }

    #[test]
    fn a_probe_that_told_nothing_opens_it_anew_and_a_call_that_told_nothing_does_not() {
        let open_for = SignedDuration::from_secs(10);
        let mut breaker = Breaker::new(BreakerSettings { failures: 1, open_for });
        let now = Timestamp::UNIX_EPOCH;
        breaker.learned_nothing(now);
        assert_eq!(breaker.allows(16, now), 16);
        breaker.failed(now);
        breaker.learned_nothing(now + open_for);
        assert_eq!(breaker.allows(16, now + open_for), 0);
        assert_eq!(breaker.allows(16, now + open_for + open_for), 1);
    }
}
