//! The ports: traits that adapters implement. Each has a contract suite in the testkit, and a
//! `Mock…` type under the feature `mock`.

mod account_directory;
mod announcement_store;
mod audit_log;
mod blind_indexes;
mod caller_contexts;
mod clock;
mod contact_store;
mod core_bank;
mod data_keys;
mod delivery_store;
mod effect_queue;
mod health;
mod hold_store;
mod ids;
mod job_leases;
mod mail_store;
mod mailer;
mod member_store;
mod password_verifier;
mod person_store;
mod replay_store;
mod resolution_store;
mod retention_reports;
mod retention_store;
mod sealer;
mod server_keys;
mod token_verifier;
mod upgrade_store;

pub use account_directory::AccountDirectory;
pub use announcement_store::AnnouncementStore;
pub use audit_log::AuditLog;
pub use blind_indexes::{BlindIndexes, Reindexed};
pub use caller_contexts::CallerContexts;
pub use clock::Clock;
pub use contact_store::ContactStore;
pub use core_bank::CoreBank;
pub use data_keys::{DataKeyPage, DataKeys, Rewrapping};
pub use delivery_store::DeliveryStore;
pub use effect_queue::{EffectChange, EffectQueue, Recorded};
pub use health::{DownReason, Health};
pub use hold_store::HoldStore;
pub use ids::Ids;
pub use job_leases::JobLeases;
pub use mail_store::MailStore;
pub use mailer::Mailer;
pub use member_store::MemberStore;
pub use password_verifier::{PasswordVerifier, VerifierUnavailable};
pub use person_store::PersonStore;
pub use replay_store::ReplayStore;
pub use resolution_store::ResolutionStore;
pub use retention_reports::RetentionReports;
pub use retention_store::RetentionStore;
pub use sealer::{Sealer, SealerError};
pub use server_keys::ServerKeys;
pub use token_verifier::TokenVerifier;
pub use upgrade_store::UpgradeStore;

#[cfg(feature = "mock")]
pub use self::{
    account_directory::MockAccountDirectory, announcement_store::MockAnnouncementStore,
    audit_log::MockAuditLog, blind_indexes::MockBlindIndexes, caller_contexts::MockCallerContexts,
    clock::MockClock, contact_store::MockContactStore, core_bank::MockCoreBank,
    data_keys::MockDataKeys, delivery_store::MockDeliveryStore, effect_queue::MockEffectQueue,
    health::MockHealth, hold_store::MockHoldStore, ids::MockIds, job_leases::MockJobLeases,
    mail_store::MockMailStore, mailer::MockMailer, member_store::MockMemberStore,
    password_verifier::MockPasswordVerifier, person_store::MockPersonStore,
    replay_store::MockReplayStore, resolution_store::MockResolutionStore,
    retention_reports::MockRetentionReports, retention_store::MockRetentionStore,
    sealer::MockSealer, server_keys::MockServerKeys, token_verifier::MockTokenVerifier,
    upgrade_store::MockUpgradeStore,
};

/// Why a store failed. A problem with the request is never a store error but a returned value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Retry later: the store is down, full or overloaded. The operation may or may not have taken
    /// effect; a retry finds out.
    #[error("the store is unavailable: {0}")]
    Unavailable(&'static str),
    /// An operator must check: the store holds an invalid value, or its schema refuses a valid one.
    /// Names the place, never the value.
    #[error("the store holds a value that cannot be at {0}")]
    Corrupt(&'static str),
}

/// Why a lookup in another system failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum LookupError {
    /// Correct the request: the upstream rejects it as malformed.
    #[error("the request is refused as malformed")]
    Refused,
    /// Query something else: the upstream did not find it.
    #[error("nothing is known under this id")]
    NotFound,
    /// Check the values: the upstream parsed the request and failed to process it.
    #[error("the other system reports a failure")]
    Failed,
    /// An operator must check: the upstream rejects our credentials or a forwarded API key.
    #[error("the other system does not accept our credentials, or the API key")]
    Misconfigured,
    /// Retry later.
    #[error("{0}")]
    Unavailable(Unavailability),
}

impl LookupError {
    /// The code for logs and the audit log.
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

/// Why an upstream is unavailable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unavailability {
    /// No connection.
    #[error("the other system cannot be reached")]
    Unreachable,
    /// No complete answer before the timeout.
    #[error("the other system does not answer in time")]
    TimedOut,
    /// An HTTP status that is a server error or not documented.
    #[error("the other system answers with a status that is no answer")]
    Status,
    /// An answer that cannot be parsed, is too large, or is incomplete.
    #[error("the other system's answer cannot be read")]
    Unreadable,
    /// Too many lookups in progress, here or in the upstream.
    #[error("too many lookups are under way")]
    Busy,
    /// The circuit breaker is open.
    #[error("the other system is not called while the circuit breaker is open")]
    CircuitOpen,
}

impl Unavailability {
    /// The code for logs and the audit log.
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
