//! A sweeper's search for effects that need a transition without a worker.

use crate::Timestamp;
use crate::act::Act;

use super::key::EffectKind;
use super::machine::{Effect, EffectEvent};
use super::policy::EffectPolicy;
use super::state::EffectState;

/// A sweeper's request for overdue effects of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sweep {
    /// The kind.
    pub kind: EffectKind,
    /// Actor and time of this round of work. Effects due later are left out.
    pub act: Act,
    /// Maximum number of effects.
    pub limit: u32,
    /// The policy of the kind.
    pub policy: EffectPolicy,
}

/// An effect that needs a transition by the sweeper, not by a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// `Sending` after its lease, `Unknown` after its settle time, or `Planned`, `Unknown` or
    /// `Manual` with proof.
    pub effect: Effect,
    /// Whether a worker's evidence proves that it was applied.
    pub proven_applied: bool,
}

impl Overdue {
    /// The event to apply now: the sweeper's whole decision. `None`: nothing is due yet.
    #[must_use]
    pub fn event(&self, now: Timestamp) -> Option<EffectEvent> {
        match &self.effect.state {
            EffectState::Sending { lease_until, .. } if *lease_until <= now => {
                Some(EffectEvent::LeaseLapsed)
            }
            EffectState::Planned { .. } | EffectState::Unknown { .. } | EffectState::Manual
                if self.proven_applied =>
            {
                Some(EffectEvent::ProvenApplied)
            }
            EffectState::Unknown { settles_at } if *settles_at <= now => Some(EffectEvent::Settled),
            EffectState::Planned { .. }
            | EffectState::Sending { .. }
            | EffectState::Unknown { .. }
            | EffectState::Confirmed
            | EffectState::Rejected { .. }
            | EffectState::Cancelled { .. }
            | EffectState::Manual => None,
        }
    }
}
