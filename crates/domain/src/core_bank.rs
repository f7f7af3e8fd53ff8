//! Core-bank effects: the order, the bank's answer, and the effect's state transitions.

mod answer;
mod effect;
mod evidence;
mod order;
mod policy;
mod scheme;

pub use answer::{Answer, Doubt, FinalCodes, Outcome, Reply, UpstreamCode, WhyNotSent, classify};
pub use effect::{
    Effect, EffectEvent, EffectState, EffectStateName, Fence, IllegalEffect, WorkerId,
};
pub use evidence::{EffectChange, Evidence};
pub use order::{SetLevel, TransactionId, TxnNo};
pub use policy::{EffectPolicy, Guarantee, Jitter};
pub use scheme::{InvalidScheme, TransactionIdScheme};
