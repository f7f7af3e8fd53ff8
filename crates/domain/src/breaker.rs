//! A circuit breaker: after too many consecutive failures, no calls are made for a while.

use jiff::SignedDuration;

use crate::Timestamp;

/// When the circuit breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSettings {
    /// Consecutive failures that open it.
    pub failures: u32,
    /// How long it stays open before one probe goes through.
    pub open_for: SignedDuration,
    /// Maximum time it stays open: each failed probe doubles the time up to this.
    pub longest: SignedDuration,
}

impl BreakerSettings {
    /// Settings without backoff: it stays open equally long before every probe.
    #[must_use]
    pub const fn steady(failures: u32, open_for: SignedDuration) -> Self {
        Self { failures, open_for, longest: open_for }
    }
}

/// Counts consecutive failures. Pure: the caller passes the time and decides what is a failure.
///
/// ```
/// # use madoguchi_domain::breaker::{Breaker, BreakerSettings};
/// # use madoguchi_domain::Timestamp;
/// let settings = BreakerSettings::steady(2, jiff::SignedDuration::from_secs(10));
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
    open: Option<Rest>,
}

/// The open time, and whether a probe was allowed since it ended.
#[derive(Debug, Clone, Copy)]
struct Rest {
    until: Timestamp,
    lasts: SignedDuration,
    probed: bool,
}

impl Rest {
    fn beginning(now: Timestamp, lasts: SignedDuration) -> Self {
        let until = now.checked_add(lasts).unwrap_or(Timestamp::MAX);
        Self { until, lasts, probed: false }
    }

    /// A clock that is set back must not extend the open time.
    fn is_over(&self, now: Timestamp) -> bool {
        now >= self.until || self.until.duration_since(now) > self.lasts
    }
}

impl Breaker {
    /// A closed breaker.
    #[must_use]
    pub const fn new(settings: BreakerSettings) -> Self {
        Self { settings, failures: 0, open: None }
    }

    /// How many of `free` calls may start now: all, none, or one probe. The caller must ensure
    /// that only one probe runs at a time.
    #[must_use]
    pub fn allows(&mut self, free: usize, now: Timestamp) -> usize {
        match &mut self.open {
            None => free,
            Some(rest) if rest.is_over(now) => {
                rest.probed |= free > 0;
                free.min(1)
            }
            Some(_) => 0,
        }
    }

    /// True if too many calls failed and none has succeeded since.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Records that the upstream answered; closes the circuit breaker.
    pub const fn succeeded(&mut self) {
        *self = Self::new(self.settings);
    }

    /// Records a call without a result. If it was the probe, the same open time starts again.
    pub fn learned_nothing(&mut self, now: Timestamp) {
        if let Some(rest) = self.open.filter(|rest| rest.is_over(now)) {
            self.open = Some(Rest::beginning(now, rest.lasts));
        }
    }

    /// Records a failed call.
    pub fn failed(&mut self, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        let lasts = match self.open {
            None => self.settings.open_for,
            Some(rest) if rest.probed => rest.lasts.saturating_mul(2).min(self.settings.longest),
            // It started before the circuit breaker opened.
            Some(_) => return,
        };
        if self.failures >= self.settings.failures {
            self.open = Some(Rest::beginning(now, lasts));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: SignedDuration = SignedDuration::from_secs(10);

    #[test]
    fn a_clock_that_is_set_back_does_not_keep_it_open() {
        let mut breaker = Breaker::new(BreakerSettings::steady(1, TEN));
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(2);
        breaker.failed(now);
        assert_eq!(breaker.allows(16, now), 0);
        assert_eq!(breaker.allows(16, now - SignedDuration::from_hours(1)), 1);
    }

    #[test]
    fn a_probe_that_told_nothing_opens_it_anew_and_a_call_that_told_nothing_does_not() {
        let mut breaker = Breaker::new(BreakerSettings::steady(1, TEN));
        let now = Timestamp::UNIX_EPOCH;
        breaker.learned_nothing(now);
        assert_eq!(breaker.allows(16, now), 16);
        breaker.failed(now);
        breaker.learned_nothing(now + TEN);
        assert_eq!(breaker.allows(16, now + TEN), 0);
        assert_eq!(breaker.allows(16, now + TEN + TEN), 1);
    }

    #[test]
    fn a_probe_that_was_not_possible_is_no_probe() {
        let mut breaker = Breaker::new(BreakerSettings::steady(1, TEN));
        let now = Timestamp::UNIX_EPOCH;
        assert!(!breaker.is_open());
        breaker.failed(now);
        assert!(breaker.is_open());
        assert_eq!(breaker.allows(0, now + TEN), 0);
        breaker.failed(now + TEN);
        assert_eq!(breaker.allows(16, now + TEN), 1, "what failed began before it opened");
        breaker.succeeded();
        assert!(!breaker.is_open());
    }

    #[test]
    fn each_probe_that_fails_doubles_the_rest_and_calls_from_before_do_not() {
        let longest = SignedDuration::from_secs(35);
        let settings = BreakerSettings { failures: 2, open_for: TEN, longest };
        let mut breaker = Breaker::new(settings);
        let mut now = Timestamp::UNIX_EPOCH;
        let second = SignedDuration::from_secs(1);
        breaker.failed(now);
        for lasts in [10, 20, 35, 35] {
            // The probe, and fifteen calls that started before the circuit breaker opened.
            (0..16).for_each(|_| breaker.failed(now));
            let until = now + SignedDuration::from_secs(lasts);
            assert_eq!(breaker.allows(16, until - second), 0, "{lasts}");
            // Another slow call from before.
            breaker.failed(until + second);
            assert_eq!(breaker.allows(16, until + second), 1, "{lasts}");
            now = until + second;
        }
        breaker.succeeded();
        (0..2).for_each(|_| breaker.failed(now));
        assert_eq!(breaker.allows(16, now + TEN), 1, "it begins anew");
    }
}
