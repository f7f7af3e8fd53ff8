//! A clock that a test moves, so that time in tests is deterministic.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::SignedDuration;

use madoguchi_domain::Timestamp;
use madoguchi_domain::port::Clock;

use crate::samples;

/// A clock that a test sets; its clones return the same time.
///
/// ```
/// use madoguchi_domain::port::Clock;
/// use madoguchi_testkit::samples;
/// use madoguchi_testkit::fake::clock::ManualClock;
///
/// let clock = ManualClock::default();
/// clock.advance(jiff::SignedDuration::from_secs(90));
/// assert_eq!(clock.now(), samples::at(90));
/// ```
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock at `now`, truncated to whole microseconds.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(now.as_microsecond())))
    }

    /// Sets the clock to `now`, also backwards.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_microsecond(), Ordering::SeqCst);
    }

    /// Advances the clock by `wait`, or sets it back if negative.
    ///
    /// # Panics
    /// When the number of microseconds overflows.
    pub fn advance(&self, wait: SignedDuration) {
        let micros = i64::try_from(wait.as_micros()).expect("the wait fits in an i64");
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    /// A clock at [`samples::start`].
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

    use crate::contract::clock::ClockUnderTest;

    async fn manual() -> ClockUnderTest<ManualClock> {
        let pass = |clock: &ManualClock| clock.advance(SignedDuration::from_millis(2));
        ClockUnderTest { clock: ManualClock::default(), pass }
    }

    crate::clock_contract!(manual: manual());
}
