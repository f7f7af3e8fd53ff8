//! What a granted request writes about its case.

use crate::act::Act;
use crate::level::AccountLevel;
use crate::member::MemberId;

use super::case::{Case, Version};
use super::check::{CheckReference, CheckSource};
use super::id::CaseId;
use super::qr::{QrIssue, QrTokenHash};
use super::state::{EventName, StateName};

/// The rows of a case that a change writes.
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
    /// A new QR code for a case, whose version it increases by one. Lost if the version changed, or
    /// if the case is not `New` any more.
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
        /// The reference of the check that was received with it. Lost if a case has it already.
        check: Option<(CheckSource, CheckReference)>,
        /// The level that becomes the member's target.
        target: Option<AccountLevel>,
    },
    /// A reference under which a known result was reported again. Lost if a case has it already.
    AddCheck {
        /// The case.
        case: CaseId,
        /// The reference.
        check: (CheckSource, CheckReference),
    },
    /// The target of a passed case whose effect was missing and is planned by this change.
    SetTarget {
        /// The case.
        case: CaseId,
        /// The member.
        member: MemberId,
        /// The level.
        target: AccountLevel,
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
            Self::ReissueQr { case, .. }
            | Self::AddCheck { case, .. }
            | Self::SetTarget { case, .. } => Some(*case),
            Self::Move { after, .. } => Some(after.id),
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
    /// The actor, time and request; stored [without](Act::without_through) who called.
    pub act: Act,
}
