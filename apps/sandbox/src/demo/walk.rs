//! Records the checks of one journey, and whether all of them passed.

use std::fmt::Debug;

use crate::screen::Screen;

/// One run of a journey. It is as expected if it made at least one check and all passed.
#[derive(Debug)]
pub(super) struct Walk {
    screen: Screen,
    held: usize,
    failed: usize,
}

impl Walk {
    pub(super) const fn new(screen: Screen) -> Self {
        Self { screen, held: 0, failed: 0 }
    }

    /// Prints a claim and whether it is true.
    pub(super) fn check(&mut self, held: bool, claim: &str) {
        *(if held { &mut self.held } else { &mut self.failed }) += 1;
        self.screen.step(held, claim);
    }

    /// Prints a claim that is true if both are equal; otherwise also both values.
    pub(super) fn same<T: PartialEq + Debug>(&mut self, got: T, expected: T, claim: &str) {
        let held = got == expected;
        self.check(held, claim);
        if !held {
            self.screen.note(&format!("expected {expected:?}, got {got:?}"));
        }
    }

    /// Prints a remark that is not a check.
    pub(super) fn note(&self, text: &str) {
        self.screen.note(text);
    }

    pub(super) const fn is_as_expected(&self) -> bool {
        self.held > 0 && self.failed == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_check_spoils_a_walk_and_so_does_none_at_all() {
        let mut walk = Walk::new(Screen::open());
        assert!(!walk.is_as_expected());
        walk.same(1, 1, "one is one");
        assert!(walk.is_as_expected());
        walk.same(1, 2, "one is two");
        walk.check(true, "and so on");
        assert!(!walk.is_as_expected());
    }
}
