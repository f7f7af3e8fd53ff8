//! The id of a case.

use std::fmt;

use uuid::Uuid;

use crate::audit::Subject;
use crate::field::InvalidField;

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

    /// The case as the audit log refers to it.
    #[must_use]
    pub fn subject(self) -> Subject {
        Subject::new("case", self.to_string())
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
