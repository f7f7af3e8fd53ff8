//! Who does something, when, and in which request.

use crate::Timestamp;
use crate::actor::ActorRef;
use crate::correlation::CorrelationId;

/// Who does something, when, and in which request: in history, audit and effects alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Who.
    pub by: ActorRef,
    /// When.
    pub at: Timestamp,
    /// In which request.
    pub correlation: CorrelationId,
}
