//! Lists of resolutions.

use crate::effect::EffectKey;
use crate::page::ListPosition;

use super::{ResolutionFacts, ResolutionStateName};

/// Which resolutions a list shows. What is absent is not filtered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResolutionFilter {
    /// The state.
    pub state: Option<ResolutionStateName>,
    /// The effect.
    pub effect: Option<EffectKey>,
}

impl ResolutionFilter {
    /// Whether the resolution matches.
    #[must_use]
    pub fn shows(&self, facts: &ResolutionFacts) -> bool {
        self.state.is_none_or(|state| state == facts.state.name())
            && self.effect.as_ref().is_none_or(|effect| *effect == facts.effect)
    }
}

/// A page of resolutions, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolutionQuery {
    /// Which.
    pub filter: ResolutionFilter,
    /// The last position of the page before.
    pub after: Option<ListPosition>,
    /// Maximum number.
    pub limit: u32,
}

impl ResolutionFacts {
    /// Its position in lists.
    #[must_use]
    pub const fn position(&self) -> ListPosition {
        ListPosition { at: self.proposed_at, id: self.id.0 }
    }
}
