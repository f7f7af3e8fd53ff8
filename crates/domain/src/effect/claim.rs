//! A worker's claim of due effects.

use crate::act::Act;
use crate::change::Change;

use super::key::EffectKind;
use super::machine::{Effect, EffectEvent, IllegalEffect};
use super::policy::{EffectPolicy, Jitter};
use super::state::WorkerId;
use super::transition::Transition;

/// A worker's request to claim due effects of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The kind.
    pub kind: EffectKind,
    /// The worker.
    pub worker: WorkerId,
    /// Actor and time of this round of work. Effects due later are left out.
    pub act: Act,
    /// Maximum number of effects.
    pub limit: u32,
    /// The policy of the kind.
    pub policy: EffectPolicy,
}

impl Claim {
    /// The change that claims this effect.
    ///
    /// # Errors
    /// When it is not `Planned`.
    pub fn change<C>(&self, effect: &Effect) -> Result<Change<Transition<C>>, IllegalEffect> {
        let event = EffectEvent::Claimed(self.worker.clone());
        effect.change(event, &self.policy, &self.act, Jitter::FULL)
    }
}
