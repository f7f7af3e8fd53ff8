//! The port that tells the time.

use crate::Timestamp;

/// Tells the time. An adapter reads the machine's clock; a test hands in its own.
///
/// Safety never rests on it: a clock that jumps delays work or brings it forward, no more.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Clock: Send + Sync {
    /// The present moment, in whole microseconds.
    fn now(&self) -> Timestamp;
}
