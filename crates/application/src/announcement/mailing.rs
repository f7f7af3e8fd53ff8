//! The job that plans the mails about announcements, batch by batch.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use madoguchi_domain::act::Act;
use madoguchi_domain::announcement::{Announcement, AnnouncementId, MailingPolicy};
use madoguchi_domain::change::Committed;
use madoguchi_domain::contact::MailRules;
use madoguchi_domain::effect::EffectStateName;
use madoguchi_domain::job_lease::{JobLease, JobName};
use madoguchi_domain::mail::{MailId, MailOrder};
use madoguchi_domain::port::{AnnouncementStore, EffectQueue, Ids, StoreError};

use crate::{Job, PlannedSignal};

/// Maximum announcements that one step looks at.
const AT_ONCE: u32 = 20;

/// Plans the next batch of each announcement, while at most one batch waits to be sent. Two nodes
/// that plan the same batch plan it once: the second one is lost. Each step plans one batch, so the
/// job's interval and the size of a batch are its pace.
pub struct AnnouncementMailing {
    /// The announcements.
    pub announcements: Arc<dyn AnnouncementStore>,
    /// The planned mails.
    pub effects: Arc<dyn EffectQueue>,
    /// Ids of mails.
    pub ids: Arc<dyn Ids>,
    /// The size of batches, and when the rest is released.
    pub policy: MailingPolicy,
    /// The domain of the mails' ids.
    pub rules: MailRules,
    /// Wakes the workers.
    pub planned: PlannedSignal,
}

impl fmt::Debug for AnnouncementMailing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnnouncementMailing").field("policy", &self.policy).finish_non_exhaustive()
    }
}

#[async_trait]
impl Job for AnnouncementMailing {
    fn name(&self) -> JobName {
        JobName::of("announcement_mailing")
    }

    /// It never asks to be repeated at once: the interval is part of the pace.
    async fn step(&self, _: &JobLease, act: &Act) -> Result<bool, StoreError> {
        for id in self.announcements.mailing(act.at, AT_ONCE).await? {
            if self.waiting().await? >= u64::from(self.policy.batch) {
                break;
            }
            // One that cannot be read does not keep the others.
            match self.announcements.find(id).await {
                Ok(Some(announcement)) => self.plan(&announcement, act).await?,
                Ok(None) => {}
                Err(StoreError::Corrupt(place)) => {
                    tracing::error!(place, announcement = %id, "its mails are not planned");
                }
                Err(unavailable @ StoreError::Unavailable(_)) => return Err(unavailable),
            }
        }
        Ok(false)
    }
}

impl AnnouncementMailing {
    /// How many mails of any kind wait to be sent.
    async fn waiting(&self) -> Result<u64, StoreError> {
        let unsettled = self.effects.unsettled(&MailOrder::KIND).await?;
        let planned = unsettled.iter().filter(|it| it.state == EffectStateName::Planned);
        Ok(planned.map(|it| it.count).sum())
    }

    async fn plan(&self, announcement: &Announcement, act: &Act) -> Result<(), StoreError> {
        let id: AnnouncementId = announcement.id;
        let mailing = announcement.state.mailing();
        let Some(asked) = mailing.and_then(|it| it.next(&self.policy, act.at)) else {
            return Ok(());
        };
        let persons = self.announcements.recipients(id, &asked).await?;
        let new_id = || MailId(self.ids.uuid());
        let change =
            announcement.plan_mails((&asked, &persons), (&self.policy, &self.rules), new_id, act);
        let Some(change) = change else { return Ok(()) };
        if self.announcements.commit(&change).await? == Committed::Moved && !persons.is_empty() {
            tracing::info!(announcement = %id, mails = persons.len(), "mails are planned");
            self.planned.notify();
        }
        Ok(())
    }
}
