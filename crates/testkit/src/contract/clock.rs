//! The contract suite of [`Clock`], which every adapter runs.
//!
//! ```text
//! clock_contract!(mine: open_mine()); // a future of `ClockUnderTest`
//! ```

use std::fmt;
use std::sync::Arc;

use jiff::SignedDuration;
use madoguchi_domain::port::Clock;

/// A clock, and how to let two milliseconds pass on it: by waiting or by setting it.
pub struct ClockUnderTest<C> {
    /// The adapter.
    pub clock: C,
    /// Lets at least two milliseconds pass.
    pub pass: fn(&C),
}

impl<C> fmt::Debug for ClockUnderTest<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClockUnderTest")
    }
}

/// Databases store whole microseconds: a stored time must read back equal.
pub async fn every_moment_is_a_whole_number_of_microseconds<C: Clock>(it: ClockUnderTest<C>) {
    for _ in 0..1000 {
        assert_eq!(it.clock.now().subsec_nanosecond() % 1000, 0);
    }
}

/// On a clock that does not advance, no lease ends and no circuit breaker closes.
pub async fn time_goes_on<C: Clock>(it: ClockUnderTest<C>) {
    let mut seen = it.clock.now();
    for _ in 0..5 {
        (it.pass)(&it.clock);
        let later = it.clock.now();
        assert!(
            later.duration_since(seen) >= SignedDuration::from_millis(2),
            "at least 2 ms passed"
        );
        seen = later;
    }
}

/// One adapter is shared by all threads of a program.
pub async fn concurrent_callers_get_about_the_same_time<C: Clock + 'static>(it: ClockUnderTest<C>) {
    let clock = Arc::new(it.clock);
    let looks = (0..8).map(|_| {
        let clock = Arc::clone(&clock);
        async move { clock.now() }
    });
    let seen = crate::contract::race::race(looks.collect()).await;
    let (first, last) = (seen.iter().min(), seen.iter().max());
    let apart = last.zip(first).map(|(last, first)| last.duration_since(*first));
    assert!(apart.is_some_and(|apart| apart.as_secs() < 5), "{apart:?}");
}

/// Runs every check against each adapter, in a module of the given name.
#[macro_export]
macro_rules! clock_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            clock of clock, of_subject [
                every_moment_is_a_whole_number_of_microseconds
                time_goes_on
                concurrent_callers_get_about_the_same_time
            ]
            $($adapters)+
        }
    };
}
