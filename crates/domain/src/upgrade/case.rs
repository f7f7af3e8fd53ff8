//! The case: one attempt to upgrade a member's account.

use crate::audit::{Action, Subject};
use std::fmt;

use uuid::Uuid;

use crate::Timestamp;
use crate::field::InvalidField;
use crate::member::MemberId;

use super::qr::QrIssue;
use super::state::State;

/// A case's id: a UUID. It contains no member data, so it may be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CaseId(Uuid);

impl CaseId {
    /// Parses the hyphenated form.
    ///
    /// # Errors
    /// When it is not a UUID.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        let read = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
        read.map(Self).ok_or(InvalidField::new("caseId", "must be a UUID with hyphens"))
    }

    /// The id with this number, for tests and examples.
    #[must_use]
    pub const fn from_u128(number: u128) -> Self {
        Self(Uuid::from_u128(number))
    }

    /// The id as 16 bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.into_bytes()
    }

    /// The id as a UUID.
    #[must_use]
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for CaseId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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

impl CaseId {
    /// The case as the audit log refers to it.
    #[must_use]
    pub fn subject(self) -> Subject {
        Subject::new("case", self.to_string())
    }
}

impl Action {
    /// A case was opened.
    pub const CASE_OPENED: Self = Self::of("case.opened");
    /// A case moved to the state in the detail.
    pub const CASE_MOVED: Self = Self::of("case.moved");
    /// A case got a fresh QR code.
    pub const QR_REISSUED: Self = Self::of("case.qr_reissued");
    /// A request contradicted what is recorded, and was refused.
    pub const CONTRADICTION_REFUSED: Self = Self::of("case.contradiction_refused");
}
