//! What becomes true together when a request is granted.

use crate::Timestamp;
use crate::actor::ActorRef;
use crate::audit::AuditEntry;
use crate::core_bank::Effect;
use crate::correlation::CorrelationId;

use super::case::{Case, CaseId, Version};
use super::qr::{QrIssue, QrTokenHash};
use super::state::{EventName, StateName};

/// Everything that one request makes true. A store makes all of it true in one transaction, or
/// none of it; when its compare-and-set finds something else than expected, none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is written.
    pub write: Write,
    /// The audit row, written only if the write really happened.
    pub audit: AuditEntry,
}

/// The rows that a change writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// A new case. Lost if the member has an open case or that attempt already.
    Open {
        /// The case.
        case: Box<Case>,
        /// The hash of its QR token.
        qr: QrTokenHash,
        /// Its first history row.
        history: HistoryEntry,
    },
    /// A fresh QR code for a case that is still `New`. Lost if the version moved.
    ReissueQr {
        /// Which case.
        case: CaseId,
        /// The version it must have.
        expected: Version,
        /// The code that is valid from now on.
        qr: QrIssue,
        /// The hash of its token.
        hash: QrTokenHash,
    },
    /// A transition. Lost if state or version moved.
    Move {
        /// The case as it stands afterwards, its version raised by one.
        after: Box<Case>,
        /// The state it must be in.
        from: StateName,
        /// Its history row.
        history: HistoryEntry,
        /// The duty to tell the core bank; with it the member's target becomes its level.
        effect: Option<Box<Effect>>,
    },
    /// The duty to tell the core bank, for a passed case that has none. Lost if it has one.
    Plan {
        /// The duty.
        effect: Box<Effect>,
    },
    /// Nothing but the audit row: somebody asked for what contradicts the record.
    Nothing,
}

impl Write {
    /// The case that this write would move, if it moves one.
    #[must_use]
    pub fn case(&self) -> Option<CaseId> {
        match self {
            Self::Open { case, .. } => Some(case.id),
            Self::ReissueQr { case, .. } => Some(*case),
            Self::Move { after, .. } => Some(after.id),
            Self::Plan { effect } => Some(effect.order.case),
            Self::Nothing => None,
        }
    }
}

/// One row of a case's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Which case.
    pub case: CaseId,
    /// Where it stood; `None` when it was opened.
    pub from: Option<StateName>,
    /// Where it stands.
    pub to: StateName,
    /// Why.
    pub why: EventName,
    /// Who.
    pub by: ActorRef,
    /// When.
    pub at: Timestamp,
    /// In which request.
    pub correlation: CorrelationId,
}
