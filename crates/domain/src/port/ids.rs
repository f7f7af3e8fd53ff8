//! The port that makes ids and rolls dice.

use crate::caller::FlowId;
use crate::core_bank::Jitter;
use crate::correlation::CorrelationId;
use crate::upgrade::CaseId;

/// Makes fresh ids and chance.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Ids: Send + Sync {
    /// An id that no case ever had. Time-ordered ids (UUID version 7) keep indexes compact.
    fn case(&self) -> CaseId;

    /// An id for a request that brought none.
    fn correlation(&self) -> CorrelationId;

    /// A flow's id for a lookup that brought none: a UUID (`docs/guide/callers.md`).
    fn flow(&self) -> FlowId;

    /// A random share of a waiting time.
    fn jitter(&self) -> Jitter;
}
