//! The port to the current time.

use crate::Timestamp;

/// Returns the current time. An adapter reads the system clock; a test passes its own.
///
/// Safety never depends on it: a clock that jumps only makes work earlier or later.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Clock: Send + Sync {
    /// The current time, in whole microseconds.
    fn now(&self) -> Timestamp;
}
