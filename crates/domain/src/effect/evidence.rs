//! Evidence of an attempt to deliver an effect.

use crate::Timestamp;

use super::key::EffectKey;
use super::machine::Effect;
use super::outcome::{Doubt, Outcome};
use super::state::{Fence, WorkerId};

/// What a sender observed; kept for ever, even if its claim was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The effect.
    pub effect: EffectKey,
    /// The claim.
    pub fence: Fence,
    /// The worker that held the claim.
    pub worker: WorkerId,
    /// What it observed.
    pub outcome: Outcome,
    /// When.
    pub at: Timestamp,
}

impl Evidence {
    /// What `worker` observed in an attempt to deliver this effect.
    #[must_use]
    pub fn of(effect: &Effect, worker: WorkerId, outcome: Outcome, at: Timestamp) -> Self {
        Self { effect: effect.order.key.clone(), fence: effect.fence, worker, outcome, at }
    }

    /// Whether it is an answer to an inquiry, and not of an attempt to deliver.
    #[must_use]
    pub const fn is_of_inquiry(&self) -> bool {
        matches!(self.outcome, Outcome::Shown(_) | Outcome::Unknown(Doubt::LevelIsOther))
    }

    /// True if it is written even when the transition is fenced out. A sender's observation is; a
    /// lapsed lease is not, since another report may have been first. Nor is an inquiry that proves
    /// nothing.
    #[must_use]
    pub fn is_kept_when_fenced_out(&self) -> bool {
        let proves_nothing = [Doubt::LeaseLapsed, Doubt::LevelIsOther].map(Outcome::Unknown);
        !proves_nothing.contains(&self.outcome)
    }
}
