//! Counts of effects without a final outcome.

use crate::Timestamp;

use super::state::EffectStateName;

/// The effects of a kind in one state that is not settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsettledEffects {
    /// The state.
    pub state: EffectStateName,
    /// How many.
    pub count: u64,
    /// When the oldest of them was planned, or first due if that is later.
    pub oldest: Timestamp,
}

impl EffectStateName {
    /// The states without a final outcome.
    pub const UNSETTLED: [Self; 4] = [Self::Planned, Self::Sending, Self::Unknown, Self::Manual];
}
