//! Seeded ids and random numbers, so that every run of a test is equal.

use std::sync::atomic::{AtomicU64, Ordering};

use madoguchi_domain::effect::Jitter;
use madoguchi_domain::port::Ids;
use uuid::Uuid;

use crate::samples::chance::Chance;

/// Creates the same ids from the same seed, and different ids from another seed.
///
/// ```
/// use madoguchi_domain::port::Ids;
/// use madoguchi_testkit::fake::ids::SeededIds;
///
/// let (one, again, other) = (SeededIds::new(1), SeededIds::new(1), SeededIds::new(2));
/// let first = one.uuid();
/// assert_eq!(first, again.uuid());
/// assert_ne!(first, other.uuid());
/// assert_ne!(first, one.uuid());
/// ```
#[derive(Debug)]
pub struct SeededIds {
    seed: u64,
    next: AtomicU64,
}

impl SeededIds {
    /// The ids of this seed, from the first.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, next: AtomicU64::new(1) }
    }

    fn next(&self) -> u64 {
        self.next.fetch_add(1, Ordering::SeqCst)
    }
}

impl Ids for SeededIds {
    fn uuid(&self) -> Uuid {
        Uuid::from_u64_pair(self.seed, self.next())
    }

    fn jitter(&self) -> Jitter {
        let drawn =
            u32::try_from(Chance::of(self.seed ^ Chance::of(self.next()).draw()).draw() >> 32);
        Jitter::new(f64::from(drawn.unwrap_or(0)) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::ids_contract!(seeded: async { SeededIds::new(1) });
}
