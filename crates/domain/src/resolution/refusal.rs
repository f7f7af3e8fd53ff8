//! Why an act on a resolution is refused.

use crate::approval::FourEyes;
use crate::field::InvalidField;

/// Why an act on a resolution is refused. Nothing was changed by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResolutionRefusal {
    /// There is no such effect.
    #[error("there is no such effect")]
    EffectNotFound,
    /// The effect has its final outcome.
    #[error("the effect has its final outcome")]
    Settled,
    /// The effect is worked on: its next step is automatic.
    #[error("the effect is not stuck")]
    InProgress,
    /// The other system has proven that the order is applied: it is confirmed without people.
    #[error("the effect is proven to be applied")]
    Proven,
    /// The other system shows another state than the order asks for, so that a confirmation would
    /// make ours differ.
    #[error("the other system shows another state than the order asks for")]
    Contradicted,
    /// The order cannot be read, so that it can only be rejected.
    #[error("the order cannot be read")]
    Unreadable,
    /// This process does not deliver effects of this kind, and does not know what follows.
    #[error("effects of this kind are not delivered here")]
    UnknownKind,
    /// One is open already.
    #[error("a resolution of the effect is open")]
    Pending,
    /// None is open: it was decided, withdrawn, or has lapsed.
    #[error("no resolution of the effect is open")]
    NotFound,
    /// What is proposed would break a rule.
    #[error(transparent)]
    Invalid(#[from] InvalidField),
    /// Another person must approve it, and programs neither propose nor approve.
    #[error(transparent)]
    FourEyes(#[from] FourEyes),
    /// It is not what the approver saw, or the effect has moved since.
    #[error("the resolution is not what the approver saw")]
    ContentMoved,
}
