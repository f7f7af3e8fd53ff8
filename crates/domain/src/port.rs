//! What the domain needs from outside, as traits. Each has a contract suite in the testkit, and
//! `Mock…` twins under the feature `mock`.

mod account_directory;
mod audit_log;
mod caller_contexts;
mod clock;
mod core_bank;
mod effect_queue;
mod health;
mod ids;
mod member_store;
mod password_verifier;
mod token_verifier;
mod upgrade_store;

pub use account_directory::AccountDirectory;
pub use audit_log::AuditLog;
pub use caller_contexts::CallerContexts;
pub use clock::Clock;
pub use core_bank::CoreBank;
pub use effect_queue::{Claim, EffectQueue, Overdue, Recorded, Sweep};
pub use health::Health;
pub use ids::Ids;
pub use member_store::{MemberStore, Registered, Registration};
pub use password_verifier::{PasswordVerifier, VerifierBusy};
pub use token_verifier::TokenVerifier;
pub use upgrade_store::{Committed, Timeline, UpgradeStore};

#[cfg(feature = "mock")]
pub use self::{
    account_directory::MockAccountDirectory, audit_log::MockAuditLog,
    caller_contexts::MockCallerContexts, clock::MockClock, core_bank::MockCoreBank,
    effect_queue::MockEffectQueue, health::MockHealth, ids::MockIds, member_store::MockMemberStore,
    password_verifier::MockPasswordVerifier, token_verifier::MockTokenVerifier,
    upgrade_store::MockUpgradeStore,
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

/// Why a lookup in another system found nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum LookupError {
    /// Correct the request: the other system calls it malformed.
    #[error("the request is refused as malformed")]
    Refused,
    /// Ask for something else: the other system knows no such thing.
    #[error("nothing is known under this id")]
    NotFound,
    /// Look at the values: the other system understood the request and failed over it.
    #[error("the other system reports a failure")]
    Failed,
    /// Call for help: the other system does not accept the credentials that are ours, or an API
    /// key that was passed on.
    #[error("the other system does not accept our credentials, or the API key")]
    Misconfigured,
    /// Ask again later.
    #[error("{0}")]
    Unavailable(Unavailability),
}

impl LookupError {
    /// One word for logs and the audit trail.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::NotFound => "not_found",
            Self::Failed => "failed",
            Self::Misconfigured => "misconfigured",
            Self::Unavailable(why) => why.as_str(),
        }
    }
}

/// Why another system cannot be used right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unavailability {
    /// No connection.
    #[error("the other system cannot be reached")]
    Unreachable,
    /// No whole answer in time.
    #[error("the other system does not answer in time")]
    TimedOut,
    /// A status that is no answer: a fault over there, or one that is not documented.
    #[error("the other system answers with a status that is no answer")]
    Status,
    /// An answer that cannot be read, is too large, or broke off.
    #[error("the other system's answer cannot be read")]
    Unreadable,
    /// Too many lookups are under way, here or over there.
    #[error("too many lookups are under way")]
    Busy,
    /// It failed so often that it is left alone for a while.
    #[error("the other system is left alone for a while")]
    CircuitOpen,
}

impl Unavailability {
    /// One word for logs and the audit trail.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Status => "status",
            Self::Unreadable => "unreadable",
            Self::Busy => "busy",
            Self::CircuitOpen => "circuit_open",
        }
    }
}
