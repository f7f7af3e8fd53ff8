//! The job that lets approvals expire for which nobody decided.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use madoguchi_domain::Timestamp;
use madoguchi_domain::act::Act;
use madoguchi_domain::change::Committed;
use madoguchi_domain::contact::{Contact, ContactEvent, ContactKey};
use madoguchi_domain::if_match::IfMatch;
use madoguchi_domain::job_lease::{JobLease, JobName};
use madoguchi_domain::port::{ContactStore, Ids, StoreError};

use crate::Job;

/// Maximum approvals that one step lets expire, each in a transaction of its own.
const AT_ONCE: u32 = 100;

/// Rejects contacts that wait for their approval too long, with the reason `EXPIRED`. They stay as
/// evidence; the next edit makes one a draft again. An approval that is decided meanwhile wins.
pub struct ApprovalExpiry {
    /// The contacts.
    pub contacts: Arc<dyn ContactStore>,
    /// Ids of new versions.
    pub ids: Arc<dyn Ids>,
    /// How long a contact may wait.
    pub after: SignedDuration,
}

impl fmt::Debug for ApprovalExpiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApprovalExpiry").field("after", &self.after).finish_non_exhaustive()
    }
}

#[async_trait]
impl Job for ApprovalExpiry {
    fn name(&self) -> JobName {
        JobName::of("approval_expiry")
    }

    async fn step(&self, _: &JobLease, act: &Act) -> Result<bool, StoreError> {
        // Nobody waits since before the first time that can be stored.
        let Ok(since) = act.at().checked_sub(self.after) else {
            return Ok(false);
        };
        let due = self.contacts.waiting(since, AT_ONCE).await?.first;
        let mut expired = 0;
        for id in &due {
            // One that cannot be read does not keep the others.
            let contact = match self.contacts.find(&ContactKey::of(*id)).await {
                Ok(contact) => contact,
                Err(StoreError::Corrupt(place)) => {
                    tracing::error!(place, contact = %id, "a contact cannot be read: it stays");
                    continue;
                }
                Err(unavailable @ StoreError::Unavailable(_)) => return Err(unavailable),
            };
            expired += usize::from(self.expire(contact, since, act).await?);
        }
        if expired > 0 {
            tracing::info!(expired, "approvals of contacts expired");
        }
        Ok(due.len() == AT_ONCE as usize && expired > 0)
    }
}

impl ApprovalExpiry {
    /// Whether this contact, which may have been changed meanwhile, is expired now.
    async fn expire(
        &self,
        contact: Option<Contact>,
        since: Timestamp,
        act: &Act,
    ) -> Result<bool, StoreError> {
        let waits = |contact: &Contact| contact.waiting_since().is_some_and(|it| it <= since);
        let Some(contact) = contact.filter(waits) else {
            return Ok(false);
        };
        let version = self.ids.uuid();
        match contact.change(&ContactEvent::Expire, &IfMatch::Any, version, act) {
            Ok(Some(change)) => Ok(self.contacts.commit(&[change]).await? == Committed::Moved),
            Ok(None) | Err(_) => Ok(false),
        }
    }
}
