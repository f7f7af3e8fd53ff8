//! The input and output of a decision: snapshot, policy, result and change.

use crate::change::Change;
use crate::effect::Effect;
use crate::level::AccountLevel;
use crate::member::Member;

use super::case::Case;
use super::id::CaseId;
use super::qr::QrMint;
use super::transaction_ids::TransactionIdScheme;
use super::write::Write;

/// What a store found for a [`Lookup`](super::request::Lookup): the stored data, and what depends
/// on the lookup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundCase {
    /// The stored data.
    pub snapshot: CaseSnapshot,
    /// The serial of the scanned QR code. `None` if the case was not looked up by one.
    pub scanned: Option<u32>,
    /// The case that holds the check of the lookup. `None` if it is new, or the lookup has none.
    pub check_held_by: Option<CaseId>,
}

/// A member, and a case with its effect, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseSnapshot {
    /// The member.
    pub member: Member,
    /// The case of the request; for a member's key the newest, if any.
    pub case: Option<Case>,
    /// The core-bank effect of that case.
    pub effect: Option<Effect>,
}

impl CaseSnapshot {
    /// The snapshot of a member without cases.
    #[must_use]
    pub const fn of(member: Member) -> Self {
        Self { member, case: None, effect: None }
    }
}

/// The bank's settings for upgrades.
#[derive(Debug, Clone)]
pub struct UpgradePolicy {
    /// The target level of a passed customer.
    pub target: AccountLevel,
    /// Derives QR tokens.
    pub qr: QrMint,
    /// Derives transaction ids.
    pub transaction_ids: TransactionIdScheme,
}

/// The answer to a granted request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseResult {
    /// The case in its current state.
    pub case: Case,
    /// Whether this request opened it.
    pub opened: bool,
}

/// Why a request is refused. Each is final for this request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such member: register it first.
    #[error("the member is not known")]
    MemberNotFound,
    /// No such case: open one first.
    #[error("there is no such case")]
    CaseNotFound,
    /// The case has not passed its check: wait for the check, or open a new case.
    #[error("the case has not passed its verification")]
    NotVerified,
    /// The opposite verdict is stored and final.
    #[error("the opposite verdict was given before")]
    Contradiction,
    /// A passed case's effect is not settled at the core bank: read the case.
    #[error("a passed case is not finished at the core bank yet")]
    InProgress,
    /// The account already has the target level: nothing to do.
    #[error("the account already has the target level")]
    AtTarget,
    /// The opposite result is stored, or another case has the reference.
    #[error("another result was reported for this case or reference before")]
    VerificationContradiction,
    /// The QR code expired or was replaced: show a new one.
    #[error("the QR code is no longer valid")]
    QrExpired,
}

/// The answer, the change that must be durable first, and the snapshot after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The change to commit first.
    pub change: Option<Change<Write>>,
    /// The answer, valid once the change is durable.
    pub answer: Result<CaseResult, Refusal>,
    /// The stored data after the change: what a store loads once it is durable.
    pub after: Option<CaseSnapshot>,
}
