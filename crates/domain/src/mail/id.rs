//! The id of a mail.

use std::fmt;

use uuid::Uuid;

use crate::audit::Subject;

/// The id of a mail, made by us. It holds no data of a person, so it may be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailId(pub Uuid);

impl MailId {
    /// The mail as the audit log refers to it.
    #[must_use]
    pub fn subject(self) -> Subject {
        Subject::new("mail", self.to_string())
    }
}

impl fmt::Display for MailId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
