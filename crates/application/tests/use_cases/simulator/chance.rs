//! A seeded random generator, so that every run of a seed is equal.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use madoguchi_testkit::samples::chance;

/// The generator of one part of the world; each part has its own, so that they are independent.
#[derive(Debug)]
pub(crate) struct Chance(Mutex<chance::Chance>);

impl Chance {
    pub(crate) fn of(seed: u64, place: u64) -> Self {
        let place = chance::Chance::of(place).draw();
        Self(Mutex::new(chance::Chance::of(seed ^ place)))
    }

    /// A number below `bound`.
    pub(crate) fn below(&self, bound: u64) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).below(bound)
    }

    /// True in about `percent` of all calls.
    pub(crate) fn percent(&self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A duration between two bounds.
    pub(crate) fn millis(&self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from))
    }
}
