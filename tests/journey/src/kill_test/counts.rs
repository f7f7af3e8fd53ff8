//! What the test injects and counts.

use std::sync::atomic::{AtomicU32, AtomicUsize};

use crate::customer::Customer;

pub(super) const PREPARERS: usize = 16;

/// One customer with their verdict and the bank's fault.
#[derive(Debug, Clone)]
pub(super) struct InjectedVerdict {
    pub(super) customer: Customer,
    pub(super) passes: bool,
    pub(super) fault: Option<&'static str>,
}

impl InjectedVerdict {
    /// The expected state of the case.
    pub(super) const fn state(&self) -> &'static str {
        if self.passes { "CustomerSuccess" } else { "CustomerFailure" }
    }
}

/// Counters updated during the test.
#[derive(Debug, Default)]
pub(super) struct KillCounts {
    pub(super) answered: AtomicUsize,
    pub(super) broken: AtomicUsize,
    pub(super) repeated: AtomicUsize,
    pub(super) kills: AtomicU32,
    pub(super) hits: AtomicU32,
}
