//! What the domain needs from outside, as traits. Each has a contract suite in the testkit, and
//! `Mock…` twins under the feature `mock`.

mod audit_log;
mod clock;
mod core_bank;
mod effect_queue;
mod health;
mod ids;
mod member_store;
mod token_verifier;
mod upgrade_store;

pub use audit_log::AuditLog;
pub use clock::Clock;
pub use core_bank::CoreBank;
pub use effect_queue::{Claim, EffectQueue, Overdue, Recorded};
pub use health::Health;
pub use ids::Ids;
pub use member_store::{MemberStore, Registered, Registration};
pub use token_verifier::TokenVerifier;
pub use upgrade_store::{Committed, Timeline, UpgradeStore};

#[cfg(feature = "mock")]
pub use self::{
    audit_log::MockAuditLog, clock::MockClock, core_bank::MockCoreBank,
    effect_queue::MockEffectQueue, health::MockHealth, ids::MockIds, member_store::MockMemberStore,
    token_verifier::MockTokenVerifier, upgrade_store::MockUpgradeStore,
};

/// Why a store could not do what it was asked. What is *wrong with the request* is never an
/// error of the store but a value it returns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Try later: it is down, full or overloaded. What was asked may or may not have happened;
    /// asking again finds out.
    #[error("the store is unavailable: {0}")]
    Unavailable(&'static str),
    /// Call for help: it holds something that cannot be. Names the place, never the value.
    #[error("the store holds a value that cannot be at {0}")]
    Corrupt(&'static str),
}
