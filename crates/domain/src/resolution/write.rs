//! What a decision about a resolution writes.

use crate::consequence::Consequence;
use crate::effect::Transition;

use super::{Resolution, ResolutionFacts};

/// One write of a decision. All writes of a decision become true together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResolutionWrite {
    /// A proposal that is not stored yet. Lost if its effect has an open one.
    Propose(Box<Resolution>),
    /// The facts of a resolution that is closed now. Lost unless it is open.
    Close(Box<ResolutionFacts>),
    /// The effect's own transition. Lost under an old fence, and unless it confirms the effect if
    /// evidence proves by now that the order was applied.
    Move(Box<Transition<Consequence>>),
}
