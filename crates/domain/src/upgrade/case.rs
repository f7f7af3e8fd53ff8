//! One attempt of one member to rise: the case.

use std::fmt;

use uuid::Uuid;

use crate::Timestamp;
use crate::field::InvalidField;
use crate::member::MemberId;

use super::qr::QrIssue;
use super::state::State;

/// A case's id: a UUID. Says nothing about the member, so it may be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CaseId(Uuid);

impl CaseId {
    /// Reads the hyphenated form.
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

/// How often a case was written; what a compare-and-set compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub i32);

impl Version {
    /// The version of a case that was just opened.
    pub const FIRST: Self = Self(1);

    /// The one after.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A member's first case is attempt 1. The newest case is the one with the highest attempt,
/// whatever any clock says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attempt(pub i32);

/// One attempt of one member to have its account raised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Which case.
    pub id: CaseId,
    /// Whose.
    pub member: MemberId,
    /// Its number among the member's cases.
    pub attempt: Attempt,
    /// Where it stands.
    pub state: State,
    /// How often it was written.
    pub version: Version,
    /// The QR code that is valid for it.
    pub qr: QrIssue,
    /// When it was opened.
    pub opened_at: Timestamp,
}
