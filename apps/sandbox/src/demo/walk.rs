//! The record of one walked journey: what was checked, and whether all of it held.

use std::fmt::Debug;

use crate::screen::Screen;

/// A walk under way. It is as expected as long as every check of it held, and one was made.
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

    /// Shows a claim and whether it held.
    pub(super) fn check(&mut self, held: bool, claim: &str) {
        *(if held { &mut self.held } else { &mut self.failed }) += 1;
        self.screen.step(held, claim);
    }

    /// Shows a claim that holds if both are the same, and what there was instead.
    pub(super) fn same<T: PartialEq + Debug>(&mut self, got: T, expected: T, claim: &str) {
        let held = got == expected;
        self.check(held, claim);
        if !held {
            self.screen.note(&format!("expected {expected:?}, got {got:?}"));
        }
    }

    /// Shows something that is neither right nor wrong.
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
