//! Seeded ids and random numbers, so that every run of a test is equal.

use std::sync::atomic::{AtomicU64, Ordering};

use madoguchi_domain::caller::FlowId;
use madoguchi_domain::core_bank::Jitter;
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::port::Ids;
use madoguchi_domain::upgrade::CaseId;
use uuid::Uuid;

use crate::chance::Chance;

/// Creates the same ids from the same seed, and different ids from another seed.
///
/// ```
/// use madoguchi_domain::port::Ids;
/// use madoguchi_testkit::ids::SeededIds;
///
/// let (one, again, other) = (SeededIds::new(1), SeededIds::new(1), SeededIds::new(2));
/// let first = one.case();
/// assert_eq!(first, again.case());
/// assert_ne!(first, other.case());
/// assert_ne!(first, one.case());
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
    fn case(&self) -> CaseId {
        CaseId::from_u128((u128::from(self.seed) << 64) | u128::from(self.next()))
    }

    fn correlation(&self) -> CorrelationId {
        let text = format!("seed-{}-{}", self.seed, self.next());
        CorrelationId::parse(&text).expect("letters, digits and hyphens are a correlation id")
    }

    fn flow(&self) -> FlowId {
        let made = Uuid::from_u64_pair(self.seed, self.next()).to_string();
        FlowId::parse(&made).expect("a UUID is a flow id")
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

    crate::ids_contract!(seeded: SeededIds::new(1));
}
