//! The upgrade of an account: its states, the commands on a case, their changes, and the order to
//! the core bank.

mod answer;
mod case;
mod check;
mod decide;
mod granted_case;
mod guarantee;
mod id;
mod inquiry;
mod order;
mod qr;
mod request;
mod snapshot;
mod state;
mod timeline;
mod transaction_ids;
mod unique_key;
mod write;

pub use answer::{APPLIED_CODE, Answer, FinalCodes, Reply, classify};
pub use case::{Attempt, Case, Version};
pub use check::{Check, CheckReference, CheckSource};
pub use decide::{decide, replan};
pub use granted_case::GrantedCase;
pub use guarantee::Guarantee;
pub use id::CaseId;
pub use inquiry::{LevelAnswer, LevelInquiry, LevelVerdict, compare, interpret, level_in};
pub use order::{SetLevel, TransactionId, TxnNo};
pub use qr::{QrIssue, QrMint, QrToken, QrTokenHash};
pub use request::{CaseKey, Command, Lookup, Request};
pub use snapshot::{CaseResult, CaseSnapshot, Decision, FoundCase, Refusal, UpgradePolicy};
pub use state::{Event, EventName, IllegalTransition, State, StateName};
pub use timeline::{Timeline, TimelineEntry};
pub use transaction_ids::{InvalidScheme, TransactionIdScheme};
pub use unique_key::UniqueKey;
pub use write::{HistoryEntry, Write};
