//! Use cases over the domain's ports: services, decision lane, effect worker and sweeper.
#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod audit_writer;
mod breaker;
mod caller_service;
mod lane;
mod member_service;
mod refusal;
mod stores;
mod sweeper;
mod system_act;
mod upgrade_service;
mod worker;

pub use audit_writer::AuditWriter;
pub use breaker::notice;
pub use caller_service::{
    Absence, CallerError, CallerPorts, CallerService, CallerSettings, Owner, Part, WhoIsCalling,
};
pub use lane::{DecisionLane, GroupCommitSettings};
pub use member_service::MemberService;
pub use refusal::ServiceError;
pub use stores::Stores;
pub use sweeper::{Sweeper, SweeperSettings};
pub use upgrade_service::{CaseView, Opened, UpgradeService};
pub use worker::{EffectWorker, WorkerSettings};

/// Compiles the examples of the page for embedders.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/embedders.md")]
struct Embedding;
