//! The port to new ids and random numbers.

use crate::caller::FlowId;
use crate::core_bank::Jitter;
use crate::correlation::CorrelationId;
use crate::upgrade::CaseId;

/// Creates new ids and random numbers.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Ids: Send + Sync {
    /// A unique case id. Time-ordered ids (UUID version 7) keep indexes compact.
    fn case(&self) -> CaseId;

    /// A correlation id for a request without one.
    fn correlation(&self) -> CorrelationId;

    /// A flow id for a lookup without one: a UUID (`docs/guide/callers.md`).
    fn flow(&self) -> FlowId;

    /// A random share of a waiting time.
    fn jitter(&self) -> Jitter;
}
