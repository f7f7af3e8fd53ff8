//! Runs a background job on one node at a time: the one that holds the job's lease.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use madoguchi_domain::act::Act;
use madoguchi_domain::effect::WorkerId;
use madoguchi_domain::job_lease::{JobLease, JobName};
use madoguchi_domain::port::{Clock, Ids, JobLeases, StoreError};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::caught::TaskEnd;
use crate::system_act::system_act;

/// Work that one node does for all, in small steps: for example to delete what has expired.
///
/// The lease saves work; it does not make a step safe. A node that stalls in a step outlives its
/// lease, and then two nodes run the job. So each step must be harmless beside another one: it
/// compares versions, or changes nothing the second time.
///
/// ```
/// use async_trait::async_trait;
/// use madoguchi_application::Job;
/// use madoguchi_domain::act::Act;
/// use madoguchi_domain::job_lease::{JobLease, JobName};
/// use madoguchi_domain::port::StoreError;
///
/// struct Expiry;
///
/// #[async_trait]
/// impl Job for Expiry {
///     fn name(&self) -> JobName {
///         JobName::of("expiry")
///     }
///
///     async fn step(&self, _: &JobLease, act: &Act) -> Result<bool, StoreError> {
///         // Delete at most 500 rows that expired before `act.at()`.
///         let deleted = 0;
///         Ok(deleted == 500)
///     }
/// }
/// ```
#[async_trait]
pub trait Job: Send + Sync {
    /// Its name, unique in the program: the lease of this name is taken.
    fn name(&self) -> JobName;

    /// Does one bounded batch in the name of `act`; returns whether there is more to do now. It
    /// must end long before the lease does: only the next step renews it. A step that must not run
    /// beside another one compares the fence of `lease` in its transaction.
    ///
    /// # Errors
    /// See [`StoreError`]. The job is tried again later, perhaps by another node.
    async fn step(&self, lease: &JobLease, act: &Act) -> Result<bool, StoreError>;
}

/// Settings of a job's runner.
#[derive(Debug, Clone)]
pub struct JobSettings {
    /// Its name as the holder of the lease and in the audit log. No other running process has it.
    pub id: WorkerId,
    /// Interval between attempts to take the lease and look for work.
    pub every: Duration,
    /// How long a lease lasts without renewal: several times the longest step. If it is longer than
    /// `every`, it is kept between two rounds, and else released. If the holder is killed, another
    /// node begins after this and at most `every` more.
    pub lease: SignedDuration,
}

/// A step failed, and the lease was released.
struct StepFailed;

/// Longest pause after a failed step.
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// How a job ran that is run once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ran {
    /// Until there was no more to do.
    ToEnd,
    /// Until it was stopped.
    Stopped,
    /// Not here: another process has its lease.
    Elsewhere,
}

/// Runs one job while this process holds its lease. Any number of nodes may run one for the same
/// job; each process needs an id of its own.
pub struct JobRunner {
    /// The leases.
    pub leases: Arc<dyn JobLeases>,
    /// The job.
    pub job: Arc<dyn Job>,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// Correlation ids: each step has its own.
    pub ids: Arc<dyn Ids>,
    /// The settings.
    pub settings: JobSettings,
}

impl fmt::Debug for JobRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let job = self.job.name();
        f.debug_struct("JobRunner")
            .field("job", &job)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl JobRunner {
    /// Runs the job at intervals until `stop` is set or dropped. A step that has begun is finished,
    /// and the lease is released. Between two rounds the lease is kept if it lasts longer than an
    /// interval, so that the job runs on one node, and once in each.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let _end = TaskEnd("a job");
        let (job, holder) = (self.job.name().as_str(), &*self.settings.id.0);
        tracing::info!(job, holder, "a job waits for its lease");
        let mut held = None;
        while !is_stopped(&stop) {
            let ended = self.round(&stop, held.take()).await;
            // After a failure, not a whole interval of a job that runs seldom.
            let pause = match &ended {
                Ok(_) => self.settings.every,
                Err(StepFailed) => self.settings.every.min(AFTER_FAILURE),
            };
            held = ended.ok().flatten();
            // Of a job that runs seldom, the lease does not last until the next round.
            if SignedDuration::try_from(self.settings.every)
                .is_ok_and(|it| it > self.settings.lease)
                && let Some(lease) = held.take()
            {
                self.release(&lease).await;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
        if let Some(lease) = held {
            self.release(&lease).await;
        }
    }

    /// Runs steps until there is no more to do or `stop` is set or dropped, and calls `each` after
    /// every one. The lease is released at the end.
    ///
    /// # Errors
    /// See [`StoreError`]: a step failed, or the lease was lost.
    pub async fn run_to_end(
        self,
        stop: watch::Receiver<bool>,
        mut each: impl FnMut(),
    ) -> Result<Ran, StoreError> {
        let Some(mut lease) = self.take().await? else {
            return Ok(Ran::Elsewhere);
        };
        loop {
            let more = self.step(&lease).await;
            each();
            let ran = match more {
                Ok(true) if is_stopped(&stop) => Ok(Ran::Stopped),
                Ok(true) => {
                    let lost = StoreError::Unavailable("another process took the job's lease");
                    match self.take().await.and_then(|taken| taken.ok_or(lost)) {
                        Ok(renewed) => {
                            lease = renewed;
                            continue;
                        }
                        Err(error) => Err(error),
                    }
                }
                Ok(false) => Ok(Ran::ToEnd),
                Err(error) => Err(error),
            };
            self.release(&lease).await;
            return ran;
        }
    }

    /// Runs steps until there is no more to do, one fails, or the lease is lost; returns the lease
    /// if it is still held. The lease is taken before the first step and renewed before each
    /// further one. After a failed step it is released: another node may be able to do it.
    async fn round(
        &self,
        stop: &watch::Receiver<bool>,
        mut held: Option<JobLease>,
    ) -> Result<Option<JobLease>, StepFailed> {
        let job = self.job.name().as_str();
        while !is_stopped(stop) {
            let lease = match self.take().await {
                Ok(Some(lease)) => lease,
                Ok(None) => {
                    if held.is_some() {
                        tracing::warn!(job, "the lease was lost: stopping");
                    }
                    return Ok(None);
                }
                Err(error) => {
                    tracing::warn!(job, %error, "could not take the lease: trying again");
                    return held.map(Some).ok_or(StepFailed);
                }
            };
            if held.as_ref().is_some_and(|held| !held.is_same_grant(&lease)) {
                tracing::warn!(job, "the lease lapsed: taken again");
            }
            held = Some(lease.clone());
            match self.step(&lease).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(job, %error, "a step of the job failed: trying again");
                    self.release(&lease).await;
                    return Err(StepFailed);
                }
            }
        }
        Ok(held)
    }

    /// One step, in a task of its own: a defect in it ends this step and not the process.
    async fn step(&self, lease: &JobLease) -> Result<bool, StoreError> {
        let act = system_act(&self.settings.id, &*self.clock, &*self.ids);
        let (job, lease) = (Arc::clone(&self.job), lease.clone());
        // Dropped with the runner, it aborts the step.
        let mut steps = JoinSet::new();
        steps.spawn(async move { job.step(&lease, &act).await });
        let ended = steps.join_next().await.and_then(Result::ok);
        ended.unwrap_or(Err(StoreError::Unavailable("the step panicked")))
    }

    async fn take(&self) -> Result<Option<JobLease>, StoreError> {
        let JobSettings { id, lease, .. } = &self.settings;
        self.leases.take(self.job.name(), id, self.clock.now(), *lease).await
    }

    /// Releases the lease, so that no node has to wait for its end.
    async fn release(&self, lease: &JobLease) {
        if let Err(error) = self.leases.release(lease).await {
            let job = lease.job.as_str();
            tracing::warn!(job, %error, "could not release the lease: it ends by itself");
        }
    }
}

/// Whether the stop signal is set, or nobody can set it any more.
fn is_stopped(stop: &watch::Receiver<bool>) -> bool {
    *stop.borrow() || stop.has_changed().is_err()
}
