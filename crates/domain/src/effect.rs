//! Outbox effects: orders to other systems with their delivery state. This room knows no system:
//! the system that owns a kind of effect owns its typed order.

mod claim;
mod evidence;
mod found;
mod inquired;
mod key;
mod machine;
mod manual;
mod order;
mod outcome;
mod policy;
mod state;
mod sweep;
mod transition;
mod unsettled;

pub use claim::Claim;
pub use evidence::Evidence;
pub use found::{EffectFilter, EffectQuery, FoundEffect, ListedEffect};
pub use inquired::Inquired;
pub use key::{EffectId, EffectKey, EffectKind};
pub use machine::{Effect, EffectEvent, IllegalEffect};
pub use manual::ManualOutcome;
pub use order::{EffectOrder, Ordering, OrderingKey, UpstreamId};
pub use outcome::{CancelReason, Doubt, Outcome, Proof, UpstreamCode, WhyNotSent};
pub(crate) use policy::later;
pub use policy::{EffectPolicy, Jitter, OnUnknown};
pub use state::{EffectState, EffectStateName, Fence, WorkerId};
pub use sweep::{Overdue, Sweep};
pub use transition::Transition;
pub use unsettled::UnsettledEffects;
