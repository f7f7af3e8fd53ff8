//! The job that lets approvals expire for which nobody decided.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use madoguchi_domain::act::Act;
use madoguchi_domain::change::Committed;
use madoguchi_domain::contact::{ContactEvent, ContactFilter, ContactOrder, ContactQuery};
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
        let Ok(since) = act.at.checked_sub(self.after) else {
            return Ok(false);
        };
        let query = ContactQuery {
            filter: ContactFilter { waiting_since: Some(since), ..ContactFilter::default() },
            order: ContactOrder::LongestWaitingFirst,
            after: None,
            limit: AT_ONCE,
        };
        let mut expired = 0;
        for contact in self.contacts.list(&query).await? {
            let version = self.ids.uuid();
            let decided = contact.change(&ContactEvent::Expire, &IfMatch::Any, version, act);
            // It waits, so the change is allowed; it is lost if the contact was changed meanwhile.
            if let Ok(Some(change)) = decided {
                let committed = self.contacts.commit(&[change]).await?;
                expired += usize::from(committed == Committed::Moved);
            }
        }
        if expired > 0 {
            tracing::info!(expired, "approvals of contacts expired");
        }
        Ok(expired == AT_ONCE as usize)
    }
}
