//! What every adapter behind [`Clock`] must do, as checks that all of them run.
//!
//! ```text
//! clock_contract!(mine: MyClock);
//! ```

use std::sync::Arc;

use madoguchi_domain::port::Clock;

/// A database keeps no more: what is stored must read back equal.
pub async fn every_moment_is_a_whole_number_of_microseconds(clock: impl Clock) {
    for _ in 0..1000 {
        assert_eq!(clock.now().subsec_nanosecond() % 1000, 0);
    }
}

/// One adapter serves a whole program.
pub async fn whoever_looks_at_once_sees_about_the_same_time(clock: impl Clock + 'static) {
    let clock = Arc::new(clock);
    let looks = (0..8).map(|_| {
        let clock = Arc::clone(&clock);
        async move { clock.now() }
    });
    let seen = crate::race::race(looks.collect()).await;
    let (first, last) = (seen.iter().min(), seen.iter().max());
    let apart = last.zip(first).map(|(last, first)| last.duration_since(*first));
    assert!(apart.is_some_and(|apart| apart.as_secs() < 60), "{apart:?}");
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
                    whoever_looks_at_once_sees_about_the_same_time,
                }
            }
        )+
    };
}
