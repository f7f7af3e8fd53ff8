//! Starts the jobs, each of which runs on one node at a time.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_application::{
    AnnouncementMailing, ApprovalAgeing, ApprovalExpiry, ContactStores, Job, JobRunner,
    JobSettings, ReplayExpiry, ResolutionLapse, RetentionRun,
};
use madoguchi_domain::contact::MailRules;
use madoguchi_domain::effect::WorkerId;
use madoguchi_domain::port::{ContactStore, JobLeases};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::effects::EffectTasks;
use super::stores::SealedStores;
use crate::tasks::Named;

/// Interval between two searches for what has expired, and between two counts of what waits.
const EVERY: Duration = Duration::from_secs(60);
/// Longer than the interval, and many times the longest step.
const LEASE: SignedDuration = SignedDuration::from_mins(2);

/// Interval between two batches of mails about announcements.
const MAILING_EVERY: Duration = Duration::from_secs(1);

/// A killed holder of a lease is followed by another node after it.
fn lease_of(every: Duration) -> SignedDuration {
    SignedDuration::try_from(every * 10).unwrap_or(LEASE)
}

/// What the jobs share with each other, and with the workers.
pub(super) struct Jobs<'a> {
    pub(super) shared: &'a EffectTasks<'a>,
    pub(super) leases: Arc<dyn JobLeases>,
    pub(super) sealed: Option<&'a SealedStores>,
}

impl Jobs<'_> {
    pub(super) fn start(self, stopped: &watch::Receiver<bool>) -> Vec<Named> {
        let keep = self.shared.settings.idempotency.keep.try_into().unwrap_or(SignedDuration::MAX);
        let expiry =
            ReplayExpiry { replays: Arc::clone(&self.shared.stores.platform.replays), keep };
        let mut tasks = vec![("the expiry of answers", self.runner(Arc::new(expiry), stopped))];
        if let Some(stores) = self.shared.contacts {
            self.start_for_contacts(&stores.contacts, stopped, &mut tasks);
            if let Some(rules) = self.shared.settings.contacts.policy.mail.clone() {
                let mailing = self.mailing(stores, rules);
                let task = self.runner_every(MAILING_EVERY, Arc::new(mailing), stopped);
                tasks.push(("the mails about announcements", task));
            }
        }
        if let Some(stores) = self.sealed {
            let resolutions = Arc::clone(&stores.resolutions.resolutions);
            let lapse = ResolutionLapse { resolutions };
            tasks.push(("the lapse of resolutions", self.runner(Arc::new(lapse), stopped)));
        }
        let section = &self.shared.settings.retention;
        if let Some((stores, every)) = self.sealed.zip(section.every) {
            let ids = Arc::clone(self.shared.ids);
            let store = Arc::clone(&stores.retention.retention);
            let run = RetentionRun::new(store, ids, section.policy, section.per_second);
            let task = self.runner_every(every, Arc::new(run), stopped);
            tasks.push(("retention", task));
        }
        tasks
    }

    fn start_for_contacts(
        &self,
        contacts: &Arc<dyn ContactStore>,
        stopped: &watch::Receiver<bool>,
        tasks: &mut Vec<Named>,
    ) {
        let policy = &self.shared.settings.contacts.policy;
        if let Some(after) = policy.expire_after {
            let (contacts, ids) = (Arc::clone(contacts), Arc::clone(self.shared.ids));
            let expiry = ApprovalExpiry { contacts, ids, after };
            tasks.push(("the expiry of approvals", self.runner(Arc::new(expiry), stopped)));
        }
        let ageing = ApprovalAgeing {
            contacts: Arc::clone(contacts),
            policy: Arc::clone(policy),
            clock: Arc::clone(self.shared.clock),
            every: EVERY,
        };
        tasks.push(("the count of approvals", tokio::spawn(ageing.run(stopped.clone()))));
    }

    fn mailing(&self, stores: &ContactStores, rules: MailRules) -> AnnouncementMailing {
        AnnouncementMailing {
            announcements: Arc::clone(&stores.announcements),
            ids: Arc::clone(self.shared.ids),
            policy: self.shared.settings.contacts.mailing,
            rules,
            planned: self.shared.planned.clone(),
        }
    }

    fn runner(&self, job: Arc<dyn Job>, stopped: &watch::Receiver<bool>) -> JoinHandle<()> {
        self.runner_every(EVERY, job, stopped)
    }

    fn runner_every(
        &self,
        every: Duration,
        job: Arc<dyn Job>,
        stopped: &watch::Receiver<bool>,
    ) -> JoinHandle<()> {
        let id = WorkerId(format!("job-{}", self.shared.ids.uuid().simple()).into());
        let runner = JobRunner {
            leases: Arc::clone(&self.leases),
            job,
            clock: Arc::clone(self.shared.clock),
            ids: Arc::clone(self.shared.ids),
            settings: JobSettings { id, every, lease: LEASE.min(lease_of(every)) },
        };
        tokio::spawn(runner.run(stopped.clone()))
    }
}
