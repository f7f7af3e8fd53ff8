//! Counts the contacts that wait for approval, by age, for the metrics of this process.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_domain::contact::{ApprovalAge, ContactPolicy};
use madoguchi_domain::port::{Clock, ContactStore, StoreError};
use tokio::sync::watch;

/// Sets two gauges at intervals, from the store: `madoguchi_contact_approvals_waiting{age}` and
/// `madoguchi_contact_approval_oldest_age_seconds`. Every process reports the same.
pub struct ApprovalAgeing {
    /// The contacts.
    pub contacts: Arc<dyn ContactStore>,
    /// The ages.
    pub policy: Arc<ContactPolicy>,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// Interval between two counts.
    pub every: Duration,
}

impl fmt::Debug for ApprovalAgeing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApprovalAgeing").field("every", &self.every).finish_non_exhaustive()
    }
}

/// The contacts that wait for approval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WaitingApprovals {
    /// How many of each age.
    pub by_age: [(ApprovalAge, u64); 3],
    /// How long the longest of them waits; 0 if none does.
    pub oldest_age_seconds: f64,
}

impl ApprovalAgeing {
    /// Counts until `stop` is set or dropped.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            match self.count().await {
                Ok(counted) => counted.report(),
                // The gauges keep their values.
                Err(error) => {
                    tracing::warn!(%error, "could not count the waiting approvals: trying again");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(self.every) => {}
                changed = stop.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Counts once.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn count(&self) -> Result<WaitingApprovals, StoreError> {
        let all = self.contacts.waiting(self.clock.now(), 0).await?;
        let escalated = self.over(self.policy.escalate_after).await?;
        // What is escalated is reminded no longer.
        let over = self.over(self.policy.remind_after).await?.max(escalated);
        let oldest = all.oldest.map(|since| self.clock.now().duration_since(since).as_secs_f64());
        Ok(WaitingApprovals {
            by_age: [
                (ApprovalAge::New, all.count.saturating_sub(over)),
                (ApprovalAge::Reminder, over.saturating_sub(escalated)),
                (ApprovalAge::Escalation, escalated),
            ],
            oldest_age_seconds: oldest.unwrap_or_default().max(0.0),
        })
    }

    /// The number of contacts that wait at least this long; none if no time is configured.
    async fn over(&self, after: Option<SignedDuration>) -> Result<u64, StoreError> {
        match after.and_then(|after| self.clock.now().checked_sub(after).ok()) {
            Some(since) => Ok(self.contacts.waiting(since, 0).await?.count),
            None => Ok(0),
        }
    }
}

impl WaitingApprovals {
    fn report(self) {
        for (age, count) in self.by_age {
            let age = age.as_str().to_ascii_lowercase();
            let gauge = metrics::gauge!("madoguchi_contact_approvals_waiting", "age" => age);
            // Exact up to 2^53.
            gauge.set(count as f64);
        }
        let oldest = metrics::gauge!("madoguchi_contact_approval_oldest_age_seconds");
        oldest.set(self.oldest_age_seconds);
    }
}
