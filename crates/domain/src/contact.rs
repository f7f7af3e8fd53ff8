//! Contacts: messages to customers, written by one person or program, approved by another person,
//! answered once.

mod answer;
mod content;
mod decide;
mod edit;
mod history;
mod lifecycle;
mod mail;
mod mail_rules;
mod mail_write;
mod mark;
mod policy;
mod progress;
mod query;
mod refusal;
mod text;
mod write;
mod written;

pub use answer::{AnswerChannel, AnswerStatus, ContactAnswer};
pub use content::{
    ActionKind, ApplicationId, ContactType, ContactTypeName, Content, GroupId, PolicyNumber, Sender,
};
pub use decide::{ContactEvent, NewContactIds, add};
pub use edit::ContentEdit;
pub use history::{ContactVersion, ContentChange, PastEvent, changes};
pub use lifecycle::{ContactEventName, ContactState};
pub(crate) use mail::unreachable_person;
pub use mail::{ContactMail, MailCheck, MailVerdict, MailedContact, check_mail, plan_mails};
pub use mail_rules::MailRules;
pub use mail_write::{MailWrite, UnplannedMail};
pub use mark::Mark;
pub(crate) use policy::stored_time;
pub use policy::{ApprovalRule, CheckedContent, ContactPolicy, PolicyNumberRule};
pub use progress::{ApprovalAge, Waiting};
pub use query::{ContactFilter, ContactKey, ContactOrder, ContactQuery};
pub use refusal::ContactRefusal;
pub use text::{AnswerText, ContactBody, ContactLink, ContactSubject};
pub use write::ContactWrite;
pub use written::{Approvals, WrittenContact};

use std::fmt;

use uuid::Uuid;

use crate::Timestamp;
use crate::approval::{Approval, ContentHash, ContentSalt, Editors};
use crate::audit::{Action, Subject};
use crate::field::InvalidField;
use crate::mail::MailState;
use crate::person::{AccountId, PersonId};
use crate::sealed::DataKeyId;

/// The id of a contact, made by us. It holds no data of a person, so it may be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContactId(pub Uuid);

impl ContactId {
    /// Parses the hyphenated form.
    ///
    /// # Errors
    /// When it is not a UUID.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        let read = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
        read.map(Self).ok_or(InvalidField::new("contactId", "must be a UUID with hyphens"))
    }

    /// The contact as the audit log refers to it.
    #[must_use]
    pub fn subject(self) -> Subject {
        Subject::new("contact", self.to_string())
    }
}

impl fmt::Display for ContactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A message to a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Its id.
    pub id: ContactId,
    /// Whom it is for.
    pub person: PersonId,
    /// The person's account.
    pub account: AccountId,
    /// What it says.
    pub content: Content,
    /// Under which its content is hashed.
    pub salt: ContentSalt,
    /// Who wrote it.
    pub editors: Editors,
    /// Whether it is approved.
    pub approval: Approval,
    /// Whether it is answered.
    pub answer: ContactAnswer,
    /// The mail about it; none before it is valid, or if mail is not configured.
    pub mail: Option<ContactMail>,
    /// Who added it, and when.
    pub created: Mark,
    /// Who changed it last, and when.
    pub updated: Option<Mark>,
    /// Who deleted it, and when.
    pub deleted: Option<Mark>,
    /// The data key under which its content, its history and its answer are sealed.
    pub data_key: DataKeyId,
    /// The number of changes, from 1; the optimistic lock compares it.
    pub version: u32,
}

impl Contact {
    /// Its state.
    #[must_use]
    pub const fn state(&self) -> ContactState {
        let is_answered = !matches!(self.answer, ContactAnswer::Unanswered);
        if self.deleted.is_some() {
            return ContactState::Deleted;
        }
        match (&self.approval, is_answered) {
            (Approval::Draft, false) => ContactState::Draft,
            (Approval::Rejected { .. }, false) => ContactState::Rejected,
            (Approval::Draft | Approval::Rejected { .. }, true) => ContactState::Settled,
            (Approval::Approved { .. } | Approval::ByPolicy { .. }, false) => ContactState::Valid,
            (Approval::Approved { .. } | Approval::ByPolicy { .. }, true) => ContactState::Answered,
        }
    }

    /// From when on the customer sees it: the later of its approval and `posted_at`; never if it
    /// is not approved or deleted.
    #[must_use]
    pub fn visible_from(&self) -> Option<Timestamp> {
        let valid_since = self.approval.valid_since().filter(|_| self.deleted.is_none())?;
        Some(self.content.posted_at.map_or(valid_since, |posted| posted.max(valid_since)))
    }

    /// The state of its mail.
    #[must_use]
    pub fn mail_state(&self) -> MailState {
        self.mail.as_ref().map_or(MailState::None, |mail| mail.status.state())
    }

    /// Whether the customer sees it.
    #[must_use]
    pub fn is_visible(&self, now: Timestamp) -> bool {
        self.visible_from().is_some_and(|from| from <= now)
    }

    /// Since when it waits for its approval: since it was written or last edited, because an edit
    /// voids what an approver saw before. `None` if it does not wait.
    #[must_use]
    pub fn waiting_since(&self) -> Option<Timestamp> {
        let written = self.updated.as_ref().unwrap_or(&self.created).at;
        (self.state() == ContactState::Draft).then_some(written)
    }

    /// The hash of what an approver sees.
    #[must_use]
    pub fn content_hash(&self) -> ContentHash {
        self.content.hash(&self.salt, self.person.expose(), self.account.expose())
    }
}

impl Action {
    /// A contact was added.
    pub const CONTACT_ADDED: Self = Self::of("contact.added");
    /// The content of a contact was changed.
    pub const CONTACT_EDITED: Self = Self::of("contact.edited");
    /// A contact was approved.
    pub const CONTACT_APPROVED: Self = Self::of("contact.approved");
    /// A contact was rejected, or its approval expired.
    pub const CONTACT_REJECTED: Self = Self::of("contact.rejected");
    /// A contact was answered, by the customer or by phone as in the detail.
    pub const CONTACT_ANSWERED: Self = Self::of("contact.answered");
    /// A contact was deleted.
    pub const CONTACT_DELETED: Self = Self::of("contact.deleted");
}
