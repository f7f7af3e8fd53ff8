//! Retention on the configured database, for its commands and for programs that embed the server.

use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use jiff::SignedDuration;
use madoguchi_application::{
    JobRunner, JobSettings, PlannedContact, Ran, RetentionCounts, RetentionRun, plan_retention,
};
use madoguchi_domain::effect::WorkerId;
use madoguchi_domain::port::{Clock, Ids, JobLeases, RetentionStore};
use madoguchi_domain::redacted;
use madoguchi_domain::retention::{JapanDay, RetainedContact, RetentionPolicy};
use tokio::sync::watch;

use super::stores::{self, SealedStores, Stores};
use super::vault::OpenVault;
use crate::settings::Settings;
use crate::system::SystemIds;

/// A step lasts about a second: a run that was killed is followed by another one soon.
const LEASE: SignedDuration = SignedDuration::from_secs(10);

redacted!(Retention);

/// Plans and runs retention.
pub struct Retention {
    store: Arc<dyn RetentionStore>,
    leases: Arc<dyn JobLeases>,
    policy: RetentionPolicy,
    per_second: NonZeroU32,
    clock: Arc<dyn Clock>,
}

impl Retention {
    /// Opens the configured database, whose time is that of `clock`.
    ///
    /// # Errors
    /// When it cannot be opened, or there is no key ring.
    pub async fn open(settings: &Settings, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let vault = settings
            .vault
            .as_ref()
            .context("vault: retention needs the section [vault], because contacts are sealed")?;
        let sealer = OpenVault::open(vault)?.sealer();
        let Stores { leases, sealed, .. } = stores::connect(settings, Some(&sealer)).await?;
        let SealedStores { retention, .. } = sealed.context("vault: no store seals")?;
        let (policy, per_second) = (settings.retention.policy, settings.retention.per_second);
        Ok(Self { store: retention.retention, leases, policy, per_second, clock })
    }

    /// The same with another limit of contacts per second.
    #[must_use]
    pub fn at(self, per_second: NonZeroU32) -> Self {
        Self { per_second, ..self }
    }

    /// Tomorrow in Japan.
    #[must_use]
    pub fn tomorrow(&self) -> JapanDay {
        JapanDay::of(JapanDay::of(self.clock.now()).ends())
    }

    /// Calls `each` with every contact that a run on this day has to do with, as things stand;
    /// without a day, a run now. Ends early if `each` breaks. Writes nothing.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn plan(
        &self,
        day: Option<JapanDay>,
        each: impl FnMut(&RetainedContact, PlannedContact) -> ControlFlow<()>,
    ) -> anyhow::Result<()> {
        let last_moment = SignedDuration::from_micros(1);
        let at = day.map_or_else(|| self.clock.now(), |day| day.ends() - last_moment);
        Ok(plan_retention(&*self.store, &self.policy, at, each).await?)
    }

    /// Runs until nothing is left to do, or `stop` is set or dropped, and calls `each` after every
    /// step.
    ///
    /// # Errors
    /// When a step fails: what was done stays, and the next run goes on.
    pub async fn run(
        &self,
        stop: watch::Receiver<bool>,
        mut each: impl FnMut(RetentionCounts),
    ) -> anyhow::Result<Ran> {
        let ids: Arc<dyn Ids> = Arc::new(SystemIds);
        let store = Arc::clone(&self.store);
        let run =
            Arc::new(RetentionRun::new(store, Arc::clone(&ids), self.policy, self.per_second));
        let id = WorkerId(format!("retention-{}", ids.uuid().simple()).into());
        let runner = JobRunner {
            leases: Arc::clone(&self.leases),
            job: Arc::<RetentionRun>::clone(&run),
            clock: Arc::clone(&self.clock),
            ids,
            settings: JobSettings { id, every: Duration::MAX, lease: LEASE },
        };
        Ok(runner.run_to_end(stop, || each(run.counts())).await?)
    }
}

#[cfg(test)]
mod tests;
