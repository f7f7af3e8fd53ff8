//! The port to new ids and random numbers.

use uuid::Uuid;

use crate::effect::Jitter;

/// Creates new ids and random numbers. Each id type makes its own ids from a UUID, for example
/// [`CorrelationId::from_uuid`](crate::correlation::CorrelationId::from_uuid).
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Ids: Send + Sync {
    /// A unique id. Time-ordered ids (UUID version 7) keep indexes compact. At least 70 of its bits
    /// come from a cryptographic random number generator: hashes of content are salted with ids.
    fn uuid(&self) -> Uuid;

    /// A random share of a waiting time.
    fn jitter(&self) -> Jitter;
}
