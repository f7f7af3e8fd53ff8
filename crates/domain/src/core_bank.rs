//! Telling the core bank: the order, its answer, and an effect's life without a guess.

mod answer;
mod effect;
mod order;
mod policy;
mod scheme;

pub use answer::{Answer, Doubt, FinalCodes, Outcome, Reply, UpstreamCode, WhyNotSent, classify};
pub use effect::{
    Effect, EffectChange, EffectEvent, EffectState, EffectStateName, Evidence, Fence,
    IllegalEffect, WorkerId,
};
pub use order::{SetLevel, TransactionId, TxnNo};
pub use policy::{EffectPolicy, Guarantee, Jitter};
pub use scheme::{InvalidScheme, TransactionIdScheme};
