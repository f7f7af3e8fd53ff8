//! Reproducible random numbers: the same seed gives the same numbers.

use std::hash::{BuildHasher, Hasher, RandomState};

/// A stream of random numbers. (SplitMix64: Steele, Lea, Flood 2014.)
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The stream for this seed.
    #[must_use]
    pub const fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// A random seed.
    #[must_use]
    pub fn any_seed() -> u64 {
        RandomState::new().build_hasher().finish() >> 16
    }

    /// The next number.
    pub const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 if that is 0.
    pub const fn below(&mut self, bound: u64) -> u64 {
        match self.draw().checked_rem(bound) {
            Some(number) => number,
            None => 0,
        }
    }

    /// True in `share` percent of draws.
    pub const fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    /// A random element.
    ///
    /// # Panics
    /// When the slice is empty.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = usize::try_from(self.below(from.len() as u64)).unwrap_or_default();
        &from[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_another_seed_others() {
        let draw = |seed| {
            let mut chance = Chance::of(seed);
            [chance.draw(), chance.draw(), chance.below(10)]
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert!(draw(7)[2] < 10);
        assert_ne!(Chance::any_seed(), Chance::any_seed());
    }
}
