//! The id of an announcement.

use std::fmt;

use uuid::Uuid;

use crate::audit::Subject;
use crate::field::InvalidField;

/// The id of an announcement, made by us. It holds no personal data, so it may be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AnnouncementId(pub Uuid);

impl AnnouncementId {
    /// Parses the hyphenated form.
    ///
    /// # Errors
    /// When it is not a UUID.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        let read = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
        read.map(Self).ok_or(InvalidField::new("announcementId", "must be a UUID with hyphens"))
    }

    /// The announcement as the audit log refers to it.
    #[must_use]
    pub fn subject(self) -> Subject {
        Subject::new("announcement", self.to_string())
    }
}

impl fmt::Display for AnnouncementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
