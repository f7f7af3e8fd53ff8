//! The case: one attempt to upgrade a member's account.

use crate::Timestamp;
use crate::audit::Action;
use crate::member::MemberId;

use super::id::CaseId;
use super::qr::QrIssue;
use super::state::State;

/// The number of writes of a case; the optimistic lock compares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub i32);

impl Version {
    /// The version of a newly opened case.
    pub const FIRST: Self = Self(1);

    /// The next version.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// The number of a member's case, from 1. The newest case has the highest attempt, independent
/// of any clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(pub i32);

/// One attempt to upgrade a member's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The case's id.
    pub id: CaseId,
    /// The member.
    pub member: MemberId,
    /// Its number among the member's cases.
    pub attempt: Attempt,
    /// The current state.
    pub state: State,
    /// The version for the optimistic lock.
    pub version: Version,
    /// Its newest QR code.
    pub qr: QrIssue,
    /// When it was opened.
    pub opened_at: Timestamp,
}

impl Action {
    /// A case was opened.
    pub const CASE_OPENED: Self = Self::of("case.opened");
    /// A case moved to the state in the detail.
    pub const CASE_MOVED: Self = Self::of("case.moved");
    /// A case got a fresh QR code.
    pub const QR_REISSUED: Self = Self::of("case.qr_reissued");
    /// A known result was reported again under another reference, of the service in the detail.
    pub const CHECK_ADDED: Self = Self::of("case.check_added");
    /// A request contradicted what is recorded, and was refused.
    pub const CONTRADICTION_REFUSED: Self = Self::of("case.contradiction_refused");
}
