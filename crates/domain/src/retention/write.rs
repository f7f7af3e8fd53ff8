//! What decisions of retention write.

use uuid::Uuid;

use crate::Timestamp;
use crate::act::Act;
use crate::audit::{Action, AuditEntry, Subject};
use crate::change::Change;
use crate::contact::{ApplicationId, Contact, ContactEvent, ContactId};
use crate::if_match::IfMatch;

use super::{Application, Completion, PurgeReceipt, RetentionRefusal};

/// The rows of a decision of retention. What deletes or purges is also lost if a legal hold covers
/// the contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetentionWrite {
    /// An application completed. Lost if a completion is stored.
    Complete {
        /// The application.
        application: ApplicationId,
        /// Its completion.
        completion: Completion,
    },
    /// A contact was reported as unanswered. Lost unless it has this version and is not reported.
    Report {
        /// The contact.
        contact: ContactId,
        /// Its version, which stays.
        version: u32,
        /// When.
        at: Timestamp,
    },
    /// The contact after its deletion, and the id of its new version's row. Lost unless the stored
    /// version is the one before.
    Delete(Box<Contact>, Uuid),
    /// The data key and the blind indexes of a contact are erased; if it was not deleted, it is
    /// from then on. Lost unless it has this version and is not purged.
    Purge {
        /// The version, which stays.
        version: u32,
        /// The receipt.
        receipt: PurgeReceipt,
    },
}

impl RetentionWrite {
    /// The change by which retention deletes this contact; `None` if it is deleted.
    #[must_use]
    pub fn delete(contact: &Contact, version_id: Uuid, act: &Act) -> Option<Change<Self>> {
        let after = contact.after(&ContactEvent::Delete, &IfMatch::Any, act).ok().flatten()?;
        let (action, subject) = (Action::CONTACT_DELETED, contact.id.subject());
        let audit = AuditEntry::new(action, subject, "retention", act);
        Some(Change::new(Self::Delete(Box::new(after), version_id), audit))
    }

    /// The contact that it deletes or purges.
    #[must_use]
    pub const fn erased(&self) -> Option<ContactId> {
        match self {
            Self::Complete { .. } | Self::Report { .. } => None,
            Self::Delete(contact, _) => Some(contact.id),
            Self::Purge { receipt, .. } => Some(receipt.contact),
        }
    }
}

impl Application {
    /// The change that records its completion at `completed_at`; `None` if that day is recorded.
    /// See [`completed`](Self::completed).
    ///
    /// # Errors
    /// When the completion is refused.
    pub fn complete(
        &self,
        completed_at: Timestamp,
        act: &Act,
    ) -> Result<Option<Change<RetentionWrite>>, RetentionRefusal> {
        Ok(self.completed(completed_at, act)?.map(|completion| {
            let (action, day) = (Action::APPLICATION_COMPLETED, completion.on.to_string());
            let subject = Subject::new("application", self.id.expose());
            let write = RetentionWrite::Complete { application: self.id.clone(), completion };
            Change::new(write, AuditEntry::new(action, subject, day, act))
        }))
    }
}
