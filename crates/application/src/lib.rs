//! Use cases over the domain's ports: services, decision lane, effect worker and sweeper.
#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod announcement;
mod audit_writer;
mod caller;
mod caught;
mod contact;
mod data_keys;
mod delivery;
mod effect;
mod health_watch;
mod idempotency;
mod job;
mod mailbox;
mod pace;
mod person;
mod refusal;
mod replica;
mod resolution;
mod retention;
mod server_keys;
mod stores;
mod system_act;
mod until_moved;
mod upgrade;

pub use announcement::{AnnouncementAct, AnnouncementMailing, AnnouncementService};
pub use audit_writer::AuditWriter;
pub use caller::{
    Absence, CallerError, CallerPorts, CallerService, CallerSettings, Owner, Part, WhoIsCalling,
};
pub use contact::{
    ApprovalAgeing, ApprovalExpiry, ContactAct, ContactService, MailDelivery, MissingMails,
    WaitingApprovals,
};
pub use data_keys::{
    IndexCounts, IndexRotation, KeyExamination, KeyFindings, KeyReporter, KeyRotation,
    RotationCounts, RotationError, RotationSettings, data_keys_without_key, indexes_without_key,
};
pub use delivery::DeliveryService;
pub use effect::{
    Delivery, EffectAgeing, EffectCount, EffectRegistry, EffectWorker, FindMissing,
    PlannedListener, PlannedSignal, Sweeper, SweeperSettings, WorkerSettings,
};
pub use health_watch::HealthWatch;
pub use idempotency::{Answered, ReplayExpiry, RunningKey, RunningKeys};
pub use job::{Job, JobRunner, JobSettings, Ran};
pub use person::{PersonService, Reading, Searched};
pub use refusal::ServiceError;
pub use replica::{Freshness, ReplicaStatus};
pub use resolution::{ResolutionLapse, ResolutionService};
pub use retention::{
    PlannedContact, RetentionCounts, RetentionRun, RetentionService, plan_retention,
};
pub use server_keys::{ServerKeyCheck, ServerKeysError};
pub use stores::{
    ContactStores, DeliveryStores, PlatformStores, ResolutionStores, RetentionStores, UpgradeStores,
};
pub use upgrade::{
    CaseView, ComparedMember, DecisionLane, GroupCommitSettings, InvalidSetup, MemberService,
    MissingSetLevel, Opened, Reconciliation, RunningUpgrades, SetLevelDelivery, UpgradeOptions,
    UpgradeService, UpgradeSetup,
};

/// Compiles and runs the examples of the page for embedders.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/embedders.md")]
struct Embedding;
