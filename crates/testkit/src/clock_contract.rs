//! What every adapter behind [`Clock`] must do, as checks that all of them run.
//!
//! ```text
//! clock_contract!(mine: ClockUnderTest { clock: MyClock, pass: |_| wait_two_milliseconds() });
//! ```

use std::fmt;
use std::sync::Arc;

use jiff::SignedDuration;
use madoguchi_domain::port::Clock;

/// A clock, and how to let two milliseconds pass on it: by waiting, or by moving its hands.
pub struct ClockUnderTest<C> {
    /// The adapter.
    pub clock: C,
    /// Lets two milliseconds pass, at least.
    pub pass: fn(&C),
}

impl<C> fmt::Debug for ClockUnderTest<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClockUnderTest")
    }
}

/// A database keeps no more: what is stored must read back equal.
pub async fn every_moment_is_a_whole_number_of_microseconds<C: Clock>(it: ClockUnderTest<C>) {
    for _ in 0..1000 {
        assert_eq!(it.clock.now().subsec_nanosecond() % 1000, 0);
    }
}

/// On a clock that stands still no lease ends and no breaker closes.
pub async fn time_goes_on<C: Clock>(it: ClockUnderTest<C>) {
    let mut seen = it.clock.now();
    for _ in 0..5 {
        (it.pass)(&it.clock);
        let later = it.clock.now();
        assert!(later.duration_since(seen) >= SignedDuration::from_millis(2));
        seen = later;
    }
}

/// One adapter serves a whole program.
pub async fn whoever_looks_at_once_sees_about_the_same_time<C: Clock + 'static>(
    it: ClockUnderTest<C>,
) {
    let clock = Arc::new(it.clock);
    let looks = (0..8).map(|_| {
        let clock = Arc::clone(&clock);
        async move { clock.now() }
    });
    let seen = crate::race::race(looks.collect()).await;
    let (first, last) = (seen.iter().min(), seen.iter().max());
    let apart = last.zip(first).map(|(last, first)| last.duration_since(*first));
    assert!(apart.is_some_and(|apart| apart.as_secs() < 5), "{apart:?}");
}

/// Runs every check of the contract against each adapter, in a module of the given name.
#[macro_export]
macro_rules! clock_contract {
    ($($name:ident: $clock:expr),+ $(,)?) => {
        $(
            mod $name {
                use super::*;

                $crate::verifier_checks! {
                    clock_contract, $clock =>
                    every_moment_is_a_whole_number_of_microseconds,
                    time_goes_on,
                    whoever_looks_at_once_sees_about_the_same_time,
                }
            }
        )+
    };
}
