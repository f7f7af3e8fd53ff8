//! The upgrade of an account: its states, the commands on a case, and their changes.

mod case;
mod change;
mod check;
mod decide;
mod qr;
mod request;
mod snapshot;
mod state;

pub use case::{Attempt, Case, CaseId, Version};
pub use change::{Change, HistoryEntry, Write};
pub use check::{Check, CheckReference, CheckSource};
pub use decide::{decide, replan};
pub use qr::{QrIssue, QrMint, QrToken, QrTokenHash};
pub use request::{CaseKey, Command, Lookup, Request};
pub use snapshot::{CaseResult, CaseSnapshot, Decision, Refusal, UpgradePolicy};
pub use state::{Event, EventName, IllegalTransition, State, StateName};
