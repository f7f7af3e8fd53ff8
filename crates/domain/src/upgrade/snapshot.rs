//! What is known before a request is decided, and what is decided.

use crate::core_bank::{Effect, TransactionIdScheme};
use crate::level::AccountLevel;
use crate::member::Member;

use super::case::{Case, CaseId};
use super::change::Change;
use super::qr::QrMint;

/// What is known when a request is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseSnapshot {
    /// The member.
    pub member: Member,
    /// The case the request is about; for a member's key the newest, if there is any.
    pub case: Option<Case>,
    /// The core-bank effect of that case.
    pub effect: Option<Effect>,
    /// The serial of the QR code that was scanned, if the case was found by one.
    pub scanned: Option<u32>,
    /// The case that already holds the check named in the lookup.
    pub check_held_by: Option<CaseId>,
}

impl CaseSnapshot {
    /// What is known of a member without cases.
    #[must_use]
    pub const fn of(member: Member) -> Self {
        Self { member, case: None, effect: None, scanned: None, check_held_by: None }
    }
}

/// What the bank decides about upgrades.
#[derive(Debug, Clone)]
pub struct UpgradePolicy {
    /// The level that a passed customer gets.
    pub target: AccountLevel,
    /// Makes QR tokens.
    pub qr: QrMint,
    /// Makes transaction ids.
    pub transaction_ids: TransactionIdScheme,
}

/// A granted request's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseResult {
    /// The case as it stands.
    pub case: Case,
    /// Whether this request opened it.
    pub opened: bool,
}

/// Why a request is not granted. Each is final for the request as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such member: register it first.
    #[error("the member is not known")]
    MemberNotFound,
    /// No such case: open one first.
    #[error("there is no such case")]
    CaseNotFound,
    /// The case has not passed its check: wait for it, or open a new case.
    #[error("the case has not passed its verification")]
    NotVerified,
    /// The opposite verdict stands: it is final.
    #[error("the opposite verdict was given before")]
    Contradiction,
    /// A passed case is not finished at the core bank: read it.
    #[error("a passed case is not finished at the core bank yet")]
    InProgress,
    /// The account stands at the target level: nothing to do.
    #[error("the account already has the target level")]
    AtTarget,
    /// The opposite result stands, or another case holds the reference.
    #[error("another result was reported for this case or reference before")]
    VerificationContradiction,
    /// The QR code lapsed or a newer one replaced it: show a fresh one.
    #[error("the QR code is no longer valid")]
    QrExpired,
}

/// What to answer, what must be durable before that, and what is known afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What must become true first.
    pub change: Option<Change>,
    /// The answer, good once the change is durable.
    pub answer: Result<CaseResult, Refusal>,
    /// The snapshot with the change applied, to decide the next request of the same batch on.
    pub after: Option<CaseSnapshot>,
}
