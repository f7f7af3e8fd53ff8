//! Who did something to a contact, and when.

use crate::Timestamp;
use crate::act::Act;
use crate::actor::ActorRef;

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Who.
    pub by: ActorRef,
    /// When.
    pub at: Timestamp,
}

impl From<&Act> for Mark {
    fn from(act: &Act) -> Self {
        Self { by: act.by.clone(), at: act.at() }
    }
}
