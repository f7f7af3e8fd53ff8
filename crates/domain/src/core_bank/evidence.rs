//! What was seen of an effect, and the transition that follows from it.

use crate::Timestamp;
use crate::audit::AuditEntry;
use crate::upgrade::CaseId;

use super::answer::Doubt;
use super::effect::{Effect, EffectStateName, Fence, WorkerId};

/// What a sender saw, kept for ever, also when it had lost its claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// About which case's effect.
    pub case: CaseId,
    /// Under which claim.
    pub fence: Fence,
    /// Who saw it.
    pub worker: WorkerId,
    /// What the answer meant: `applied`, `refused`, `not_sent`, `unknown`.
    pub outcome: String,
    /// The bank's code or the doubt; never the bank's free text.
    pub detail: String,
    /// When.
    pub at: Timestamp,
}

impl Evidence {
    /// Says whether it is kept although the change was not made. What a sender saw is; that it
    /// did not report is not true if somebody was quicker to say so, or if it did report.
    #[must_use]
    pub fn stands_alone(&self) -> bool {
        self.detail != Doubt::LeaseLapsed.as_str()
    }
}

/// One transition of an effect, written only if the effect still has the claim it was decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectChange {
    /// The state it must be in.
    pub from: EffectStateName,
    /// The claim it must have.
    pub expected: Fence,
    /// How it stands afterwards. `Confirmed` also makes its level the member's confirmed level.
    pub after: Effect,
    /// What was seen; [mostly](Evidence::stands_alone) written whether or not the claim still
    /// holds.
    pub evidence: Option<Evidence>,
    /// The audit row; written only if the claim still holds.
    pub audit: AuditEntry,
}
