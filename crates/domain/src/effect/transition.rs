//! One transition of an effect, written only under the fence that it was decided on.

use crate::act::Act;
use crate::audit::{Action, AuditEntry};
use crate::change::Change;

use super::evidence::Evidence;
use super::machine::{Effect, EffectEvent, IllegalEffect};
use super::policy::{EffectPolicy, Jitter};
use super::state::{EffectStateName, Fence};

/// The write of one transition. `C` is what else becomes true with it, in the system that owns the
/// kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition<C> {
    /// The state that the effect must be in.
    pub from: EffectStateName,
    /// The fence that the effect must have.
    pub expected: Fence,
    /// The effect after the transition.
    pub after: Effect,
    /// [Usually](Evidence::is_kept_when_fenced_out) written even if the transition is fenced out.
    pub evidence: Option<Evidence>,
    /// Written only with the transition.
    pub consequence: Option<C>,
}

impl Effect {
    /// The change that `event` makes, with its audit row, without evidence and consequence. The
    /// row keeps the correlation id of the request that planned the effect.
    ///
    /// # Errors
    /// As [`Effect::after`].
    pub fn change<C>(
        &self,
        event: EffectEvent,
        policy: &EffectPolicy,
        act: &Act,
        jitter: Jitter,
    ) -> Result<Change<Transition<C>>, IllegalEffect> {
        let after = self.after(event, policy, act.at(), jitter)?;
        let act = Act::new(act.by.clone(), act.at(), self.correlation.clone())
            .with_through(act.through.clone());
        let state = after.state.name().as_str();
        let audit = AuditEntry::new(Action::EFFECT_MOVED, self.order.subject.clone(), state, &act);
        let (from, expected) = (self.state.name(), self.fence);
        let write = Transition { from, expected, after, evidence: None, consequence: None };
        Ok(Change::new(write, audit))
    }

    /// The change that sets an effect aside whose row cannot be parsed.
    ///
    /// # Errors
    /// When it is settled or set aside already.
    pub fn set_aside<C>(
        &self,
        policy: &EffectPolicy,
        act: &Act,
    ) -> Result<Change<Transition<C>>, IllegalEffect> {
        self.change(EffectEvent::SetAside, policy, act, Jitter::FULL)
    }
}

impl Action {
    /// An effect was planned for a record that lacked it.
    pub const EFFECT_PLANNED: Self = Self::of("effect.planned");
    /// An effect moved to the state in the detail.
    pub const EFFECT_MOVED: Self = Self::of("effect.moved");
}
