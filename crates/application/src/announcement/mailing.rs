//! The job that plans the mails about announcements, batch by batch.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use madoguchi_domain::act::Act;
use madoguchi_domain::announcement::{Announcement, AnnouncementId, MailingPolicy};
use madoguchi_domain::change::Committed;
use madoguchi_domain::contact::MailRules;
use madoguchi_domain::job_lease::{JobLease, JobName};
use madoguchi_domain::mail::MailId;
use madoguchi_domain::port::{AnnouncementStore, Ids, StoreError};

use crate::{Job, PlannedSignal};

/// Maximum announcements that one step looks at.
const AT_ONCE: u32 = 20;

/// Plans the next mails, so that at most one batch of mails about announcements waits to be sent.
/// Two nodes that plan the same mails plan them once: the second one is lost. Each step plans at
/// most one batch, so the job's interval and the size of a batch are its pace.
pub struct AnnouncementMailing {
    /// The announcements.
    pub announcements: Arc<dyn AnnouncementStore>,
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
        let waiting = u32::try_from(self.announcements.waiting().await?).unwrap_or(u32::MAX);
        let mut room = self.policy.batch.saturating_sub(waiting);
        let held_until = self.policy.release_after.and_then(|it| act.at().checked_sub(it).ok());
        for id in self.announcements.mailing(act.at(), held_until, AT_ONCE).await? {
            if room == 0 {
                break;
            }
            // One that cannot be read does not keep the others.
            match self.announcements.find(id).await {
                Ok(Some(announcement)) => room -= self.plan(&announcement, room, act).await?,
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
    /// Plans mails of an announcement, at most as many as there is room for; returns how many.
    async fn plan(
        &self,
        announcement: &Announcement,
        room: u32,
        act: &Act,
    ) -> Result<u32, StoreError> {
        let id: AnnouncementId = announcement.id;
        let policy = MailingPolicy { batch: room, ..self.policy };
        let mailing = announcement.state.mailing();
        let Some(asked) = mailing.and_then(|it| it.next(&policy, act.at())) else {
            return Ok(0);
        };
        let persons = self.announcements.recipients(id, &asked).await?;
        let new_id = || MailId(self.ids.uuid());
        let change =
            announcement.plan_mails((&asked, &persons), (&policy, &self.rules), new_id, act);
        let Some(change) = change else { return Ok(0) };
        if self.announcements.commit(&change).await? != Committed::Moved || persons.is_empty() {
            return Ok(0);
        }
        tracing::info!(announcement = %id, mails = persons.len(), "mails are planned");
        self.planned.notify();
        // No more than was asked for.
        Ok(asked.most.min(u32::try_from(persons.len()).unwrap_or(u32::MAX)))
    }
}
