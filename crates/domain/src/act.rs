//! The context of every action: actor, time and request.

use crate::Timestamp;
use crate::actor::ActorRef;
use crate::correlation::CorrelationId;

/// Actor, time and request of an action; stored in history, audit log and effects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// The actor.
    pub by: ActorRef,
    /// The time: UTC, whole microseconds, as the `Clock` port gives it.
    pub at: Timestamp,
    /// The request's correlation id.
    pub correlation: CorrelationId,
}
