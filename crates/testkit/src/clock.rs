//! A clock that stands still until a test moves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::SignedDuration;

use madoguchi_domain::Timestamp;
use madoguchi_domain::port::Clock;

use crate::samples;

/// A clock that a test sets; its clones show the same time.
///
/// ```
/// use madoguchi_domain::port::Clock;
/// use madoguchi_testkit::{clock::ManualClock, samples};
///
/// let clock = ManualClock::default();
/// clock.advance(jiff::SignedDuration::from_secs(90));
/// assert_eq!(clock.now(), samples::at(90));
/// ```
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that shows `now`, cut to whole microseconds.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(now.as_microsecond())))
    }

    /// Shows `now` from here on, also if that is back in time.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_microsecond(), Ordering::SeqCst);
    }

    /// Moves on by `wait`, or back if it is negative.
    ///
    /// # Panics
    /// When that many microseconds are not a number.
    pub fn advance(&self, wait: SignedDuration) {
        let micros = i64::try_from(wait.as_micros()).expect("the wait fits in an i64");
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    /// A clock that shows [`samples::start`].
    fn default() -> Self {
        Self::at(samples::start())
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let micros = self.0.load(Ordering::SeqCst);
        Timestamp::from_microsecond(micros).expect("the clock was set within time's range")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::clock_contract::ClockUnderTest;

    crate::clock_contract!(manual: ClockUnderTest {
        clock: ManualClock::default(),
        pass: |clock| clock.advance(SignedDuration::from_millis(2)),
    });
}
