//! Delivers outbox effects of every kind. This room knows no system: a system registers a
//! [`Delivery`] for its kind, and hooks that find its missing effects.

mod ageing;
mod attempt_log;
mod breaker;
mod call_limit;
mod decided;
mod inquiries;
mod planned_signal;
mod registry;
mod sweeper;
mod worker;

pub use ageing::{EffectAgeing, EffectCount};
pub use planned_signal::{PlannedListener, PlannedSignal};
pub use registry::{Delivery, EffectRegistry, FindMissing};
pub use sweeper::{Sweeper, SweeperSettings};
pub use worker::{EffectWorker, WorkerSettings};
