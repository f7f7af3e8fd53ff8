//! The receipts of purges.

use crate::Timestamp;
use crate::closed_set::closed_set;
use crate::contact::{ApplicationId, ContactId};
use crate::correlation::CorrelationId;
use crate::page::ListPosition;
use crate::sealed::DataKeyId;

closed_set! {
    /// Why a contact is purged, on the wire and in the database.
    pub enum PurgeGround {
        /// It was deleted a purge age ago.
        Deleted = "DELETED",
        /// It was reported as unanswered, and its retention ended, a purge age ago.
        Unanswered = "UNANSWERED",
    }
}

/// The proof that a contact was purged. It holds no personal data, and is never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeReceipt {
    /// The contact.
    pub contact: ContactId,
    /// The application that it named.
    pub application: Option<ApplicationId>,
    /// The data key that was erased.
    pub data_key: DataKeyId,
    /// Why it was due.
    pub ground: PurgeGround,
    /// From when on the purge age counted.
    pub since: Timestamp,
    /// The purge age in days, as it was configured.
    pub purge_age: u16,
    /// When it was purged.
    pub purged_at: Timestamp,
    /// The step of the run that did it, as in the audit log.
    pub correlation: CorrelationId,
}

impl PurgeReceipt {
    /// Its position in lists.
    #[must_use]
    pub const fn position(&self) -> ListPosition {
        ListPosition { at: self.purged_at, id: self.contact.0 }
    }
}
