//! Use cases over the domain's ports: the desks, the decision lane and the workers.
//!
//! ```text
//!  request ──▶ UpgradeDesk ──▶ DecisionLane ──load, decide, commit──▶ UpgradeStore
//!                                                                         │ effect planned
//!  core bank ◀── EffectWorker ◀──claim, fence───────────────────── EffectQueue
//!                     ▲ wakes                                             │
//!                     └────────────── Sweeper ◀──what is overdue──────────┘
//!
//!  question ─▶ CallerDesk ──▶ CallerContexts, AccountDirectory
//!                     └─ Trail ──append──▶ AuditLog
//! ```
//!
//! Everything here runs on a multi-threaded tokio runtime that the program owns, and knows no
//! adapter: hand in the ports (see [`Stores`]) and any of them can be a fake from the testkit.
#![warn(missing_docs)]

mod breaker;
mod caller_desk;
mod desk;
mod lane;
mod member_desk;
mod refusal;
mod stores;
mod sweeper;
mod trail;
mod worker;

pub use breaker::notice;
pub use caller_desk::{
    Absence, CallerDesk, CallerError, CallerPorts, CallerSettings, Owner, Part, WhoIsCalling,
};
pub use desk::{CaseView, Opened, UpgradeDesk};
pub use lane::{DecisionLane, LaneSettings};
pub use member_desk::MemberDesk;
pub use refusal::DeskError;
pub use stores::Stores;
pub use sweeper::{Sweeper, SweeperSettings};
pub use trail::Trail;
pub use worker::{EffectWorker, WorkerSettings};

/// The counter of the page for embedders compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/embedders.md")]
struct Embedding;
