//! What the ESB guarantees for a repeated order, and the policy that follows from it.

use crate::effect::{EffectPolicy, OnUnknown};

/// What the ESB guarantees for a repeated order with the same transaction id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Guarantee {
    /// It recognises the id and does not apply the order twice.
    Dedupes,
    /// It sets the same level again, which has no further effect.
    AbsoluteSet,
    /// Nothing: never send again, move to `Manual`.
    None,
}

impl Guarantee {
    /// The text in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dedupes => "dedupes",
            Self::AbsoluteSet => "absolute-set",
            Self::None => "none",
        }
    }

    /// Parses the text that [`as_str`](Self::as_str) returns.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Dedupes, Self::AbsoluteSet, Self::None]
            .into_iter()
            .find(|guarantee| guarantee.as_str() == text)
    }

    /// The policy of orders that set a level: `standard` limits, resent only if that is harmless,
    /// and never given up.
    #[must_use]
    pub const fn policy(self, standard: EffectPolicy) -> EffectPolicy {
        let on_unknown = match self {
            Self::Dedupes | Self::AbsoluteSet => OnUnknown::Resend,
            Self::None => OnUnknown::Manual,
        };
        EffectPolicy { on_unknown, give_up_after: None, ..standard }
    }
}
