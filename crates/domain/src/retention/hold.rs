//! Legal holds: while one is in force, retention neither deletes nor purges what it covers.

use std::fmt;

use uuid::Uuid;

use crate::audit::Subject;
use crate::closed_set::closed_set;
use crate::contact::{ApplicationId, Mark};
use crate::field::InvalidField;
use crate::page::ListPosition;
use crate::person::PersonId;
use crate::sealed::DataKeyId;

use super::HoldReason;

/// The id of a legal hold, made by us. It holds no personal data, so it may be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HoldId(pub Uuid);

impl HoldId {
    /// Parses the hyphenated form.
    ///
    /// # Errors
    /// When it is not a UUID.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        let read = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
        read.map(Self).ok_or(InvalidField::new("holdId", "must be a UUID with hyphens"))
    }

    /// The hold as the audit log refers to it.
    #[must_use]
    pub fn subject(self) -> Subject {
        Subject::new("hold", self.to_string())
    }
}

impl fmt::Display for HoldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

closed_set! {
    /// What a legal hold covers, in the database and in the audit log.
    pub enum HoldSubjectKind {
        /// Every contact to one person.
        Person = "PERSON",
        /// Every contact that names one application.
        Application = "APPLICATION",
    }
}

/// What a legal hold covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldSubject {
    /// Every contact to this person, also later ones.
    Person(PersonId),
    /// Every contact that names this application, also later ones.
    Application(ApplicationId),
}

impl HoldSubject {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> HoldSubjectKind {
        match self {
            Self::Person(_) => HoldSubjectKind::Person,
            Self::Application(_) => HoldSubjectKind::Application,
        }
    }

    /// The id in clear: for the store and for clients, never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        match self {
            Self::Person(id) => id.expose(),
            Self::Application(id) => id.expose(),
        }
    }
}

/// A legal hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegalHold {
    /// Its id.
    pub id: HoldId,
    /// What it covers.
    pub subject: HoldSubject,
    /// Why; `None` if the stored reason cannot be read, which keeps nobody from releasing it.
    pub reason: Option<HoldReason>,
    /// The data key under which the reason is sealed.
    pub data_key: DataKeyId,
    /// Who placed it, and when.
    pub placed: Mark,
    /// Who released it, and when; in force without.
    pub released: Option<Mark>,
}

/// The ids of a new legal hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewHoldIds {
    /// Its id.
    pub hold: HoldId,
    /// The id of its data key.
    pub data_key: DataKeyId,
}

/// What a person asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldCommand {
    /// What the hold covers.
    pub subject: HoldSubject,
    /// Why.
    pub reason: HoldReason,
}

/// The contacts that a legal hold covers: what is gone when it is placed stays gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HeldContacts {
    /// Contacts that are not deleted.
    pub kept: u64,
    /// Contacts that are deleted, whose content is there.
    pub deleted: u64,
    /// Contacts that are purged.
    pub purged: u64,
}

impl LegalHold {
    /// Its position in lists.
    #[must_use]
    pub const fn position(&self) -> ListPosition {
        ListPosition { at: self.placed.at, id: self.id.0 }
    }
}
