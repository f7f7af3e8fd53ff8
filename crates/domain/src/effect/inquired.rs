//! What the other system says about an effect when it is asked.

use super::machine::EffectEvent;
use super::outcome::{Doubt, Outcome};

/// The result of an inquiry about an effect whose outcome is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inquired {
    /// The other system cannot be asked.
    NotSupported,
    /// Nothing was learned, and why. It is no evidence: the order was not sent again.
    Unanswered(Doubt),
    /// The other system answered: evidence about the order.
    Answered(Outcome),
}

impl Inquired {
    /// The event of an effect whose settle time is over.
    #[must_use]
    pub const fn event(&self) -> EffectEvent {
        match self {
            Self::Answered(outcome) if outcome.proves_applied() => EffectEvent::ProvenApplied,
            Self::Answered(_) | Self::Unanswered(_) | Self::NotSupported => EffectEvent::Settled,
        }
    }

    /// What was learned.
    #[must_use]
    pub fn evidence(&self) -> Option<Outcome> {
        match self {
            Self::Answered(outcome) => Some(outcome.clone()),
            Self::Unanswered(_) | Self::NotSupported => None,
        }
    }
}
