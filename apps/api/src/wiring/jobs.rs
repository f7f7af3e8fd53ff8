//! Starts the jobs, each of which runs on one node at a time.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_application::{
    ApprovalAgeing, ApprovalExpiry, ContactStores, Job, JobRunner, JobSettings, ReplayExpiry,
    ResolutionLapse, ResolutionStores,
};
use madoguchi_domain::effect::WorkerId;
use madoguchi_domain::port::{Clock, ContactStore, Ids, JobLeases, ReplayStore};
use tokio::sync::watch;

use crate::settings::Settings;
use crate::tasks::Named;

/// Interval between two searches for what has expired, and between two counts of what waits.
const EVERY: Duration = Duration::from_secs(60);
/// Longer than the interval, and many times the longest step.
const LEASE: SignedDuration = SignedDuration::from_mins(2);

/// What the jobs share.
pub(super) struct Jobs<'a> {
    pub(super) settings: &'a Settings,
    pub(super) leases: Arc<dyn JobLeases>,
    pub(super) replays: &'a Arc<dyn ReplayStore>,
    pub(super) contacts: Option<&'a ContactStores>,
    pub(super) resolutions: Option<&'a ResolutionStores>,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) ids: &'a Arc<dyn Ids>,
}

impl Jobs<'_> {
    pub(super) fn start(self, stopped: &watch::Receiver<bool>) -> Vec<Named> {
        let keep = self.settings.idempotency.keep.try_into().unwrap_or(SignedDuration::MAX);
        let expiry = ReplayExpiry { replays: Arc::clone(self.replays), keep };
        let mut tasks = vec![("the expiry of answers", self.runner(Arc::new(expiry), stopped))];
        if let Some(stores) = self.contacts {
            self.start_for_contacts(&stores.contacts, stopped, &mut tasks);
        }
        if let Some(stores) = self.resolutions {
            let lapse = ResolutionLapse { resolutions: Arc::clone(&stores.resolutions) };
            tasks.push(("the lapse of resolutions", self.runner(Arc::new(lapse), stopped)));
        }
        tasks
    }

    fn start_for_contacts(
        &self,
        contacts: &Arc<dyn ContactStore>,
        stopped: &watch::Receiver<bool>,
        tasks: &mut Vec<Named>,
    ) {
        let policy = &self.settings.contacts.policy;
        if let Some(after) = policy.expire_after {
            let (contacts, ids) = (Arc::clone(contacts), Arc::clone(self.ids));
            let expiry = ApprovalExpiry { contacts, ids, after };
            tasks.push(("the expiry of approvals", self.runner(Arc::new(expiry), stopped)));
        }
        let ageing = ApprovalAgeing {
            contacts: Arc::clone(contacts),
            policy: Arc::clone(policy),
            clock: Arc::clone(self.clock),
            every: EVERY,
        };
        tasks.push(("the count of approvals", tokio::spawn(ageing.run(stopped.clone()))));
    }

    fn runner(
        &self,
        job: Arc<dyn Job>,
        stopped: &watch::Receiver<bool>,
    ) -> tokio::task::JoinHandle<()> {
        let id = WorkerId(format!("job-{}", self.ids.uuid().simple()).into());
        let runner = JobRunner {
            leases: Arc::clone(&self.leases),
            job,
            clock: Arc::clone(self.clock),
            ids: Arc::clone(self.ids),
            settings: JobSettings { id, every: EVERY, lease: LEASE },
        };
        tokio::spawn(runner.run(stopped.clone()))
    }
}
