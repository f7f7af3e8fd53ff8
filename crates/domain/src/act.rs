//! The context of every action: actor, time and request.

use crate::Timestamp;
use crate::actor::ActorRef;
use crate::correlation::CorrelationId;

/// Actor, time and request of an action; stored in history, audit log and effects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// The actor.
    pub by: ActorRef,
    /// Who called in the name of the actor, if not the actor itself. Stored in the audit log only:
    /// to all rules it is the actor who acts.
    pub through: Option<ActorRef>,
    /// The time: UTC, whole microseconds, as the `Clock` port gives it.
    pub at: Timestamp,
    /// The request's correlation id.
    pub correlation: CorrelationId,
}

impl Act {
    /// The act as everything but the audit log stores it.
    #[must_use]
    pub fn without_through(&self) -> Self {
        Self { through: None, ..self.clone() }
    }
}
