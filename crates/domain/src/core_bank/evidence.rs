//! Evidence of a send attempt, and the state transition that follows from it.

use crate::Timestamp;
use crate::audit::AuditEntry;
use crate::upgrade::CaseId;

use super::answer::{Doubt, Outcome};
use super::effect::{Effect, EffectStateName, Fence, WorkerId};

/// What a sender observed; kept for ever, even if its claim was lost.
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
    /// What `worker` observed in an attempt to send this effect.
    #[must_use]
    pub fn of(effect: &Effect, worker: WorkerId, outcome: &Outcome, at: Timestamp) -> Self {
        Self {
            case: effect.order.case,
            fence: effect.fence,
            worker,
            outcome: outcome.as_str().to_owned(),
            detail: outcome.detail().to_owned(),
            at,
        }
    }

    /// True if it is written even when the change is fenced out. A sender's observation is; a
    /// lapsed lease is not, since another report may have been first.
    #[must_use]
    pub fn stands_alone(&self) -> bool {
        self.detail != Doubt::LeaseLapsed.as_str()
    }
}

/// One state transition of an effect, written only under the fence it was decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectChange {
    /// The state that the effect must be in.
    pub from: EffectStateName,
    /// The fence that the effect must have.
    pub expected: Fence,
    /// The effect after the transition. `Confirmed` also sets the member's confirmed level.
    pub after: Effect,
    /// The evidence; [usually](Evidence::stands_alone) written even if the change is fenced out.
    pub evidence: Option<Evidence>,
    /// The audit row; written only with the change.
    pub audit: AuditEntry,
}
