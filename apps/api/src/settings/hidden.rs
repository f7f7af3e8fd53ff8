//! Wraps configured values that must never be printed.

use std::fmt;

/// A value whose debug output does not show it.
#[derive(Clone)]
pub struct Hidden<T>(pub(crate) T);

impl<T> fmt::Debug for Hidden<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
