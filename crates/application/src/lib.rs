//! Use cases over the domain's ports: the desks, the decision lane and the workers.
//!
//! ```text
//!  request ──▶ UpgradeService ──▶ DecisionLane ──load, decide, commit──▶ UpgradeStore
//!                                                                         │ effect planned
//!  core bank ◀── EffectWorker ◀──claim, fence───────────────────── EffectQueue
//!                     ▲ wakes                                             │
//!                     └────────────── Sweeper ◀──what is overdue──────────┘
//!
//!  question ─▶ CallerService ──▶ CallerContexts, AccountDirectory
//!                     └─ AuditWriter ──append──▶ AuditLog
//! ```
//!
//! Everything here runs on a multi-threaded tokio runtime that the program owns, and knows no
//! adapter: hand in the ports (see [`Stores`]) and any of them can be a fake from the testkit.
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

/// The counter of the page for embedders compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/embedders.md")]
struct Embedding;
