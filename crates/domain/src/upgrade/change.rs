//! The change that a granted request writes in one transaction.

use crate::act::Act;
use crate::audit::AuditEntry;
use crate::core_bank::Effect;

use super::case::{Case, CaseId, Version};
use super::qr::{QrIssue, QrTokenHash};
use super::state::{EventName, StateName};

/// All writes of one request. A store writes all of them in one transaction, or none if the version
/// check fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The rows to write.
    pub write: Write,
    /// The audit row, written only together with `write`.
    pub audit: AuditEntry,
}

/// The rows that a change writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// A new case. Lost if the member already has an open case or this attempt.
    Open {
        /// The case.
        case: Box<Case>,
        /// The hash of its QR token.
        qr: QrTokenHash,
        /// Its first history row.
        history: HistoryEntry,
    },
    /// A new QR code for a case that is still `New`. Lost if the version changed.
    ReissueQr {
        /// The case.
        case: CaseId,
        /// The expected version.
        expected: Version,
        /// The new code.
        qr: QrIssue,
        /// The hash of its token.
        hash: QrTokenHash,
    },
    /// A state transition. Lost if state or version changed.
    Move {
        /// The case after the transition, with its version increased by one.
        after: Box<Case>,
        /// The expected state.
        from: StateName,
        /// Its history row.
        history: HistoryEntry,
        /// The core-bank effect; it also sets the member's target level.
        effect: Option<Box<Effect>>,
    },
    /// The core-bank effect of a passed case without one. Lost if the case has one.
    Plan {
        /// The effect.
        effect: Box<Effect>,
    },
    /// Only the audit row: the request contradicted the stored result.
    Nothing,
}

impl Write {
    /// The case that this write changes, if any.
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
    /// The case.
    pub case: CaseId,
    /// The state before; `None` when it was opened.
    pub from: Option<StateName>,
    /// The state after.
    pub to: StateName,
    /// The event.
    pub why: EventName,
    /// The actor, time and request.
    pub act: Act,
}
