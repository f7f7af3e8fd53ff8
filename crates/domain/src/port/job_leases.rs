//! The port to the leases of jobs.

use async_trait::async_trait;
use jiff::SignedDuration;

use super::StoreError;
use crate::Timestamp;
use crate::change::Committed;
use crate::effect::WorkerId;
use crate::job_lease::{JobLease, JobName};

/// The leases of jobs, one holder per job at a time.
///
/// An adapter decides no lease: it reads the newest one of the job and asks [`JobLease::taken`]. It
/// guarantees:
/// - *Compare and set*: a lease is written only over the one that was read. So of holders that
///   take a lease at once, one gets it, and it is durable before it is returned.
/// - A fence is never given twice, also after a release and across restarts.
///
/// Times are those of the callers' clocks. Two nodes whose clocks differ by more than what is left
/// of a lease may both run its job. So a job must be harmless when it runs twice: its writes
/// compare versions, or change nothing the second time.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait JobLeases: Send + Sync {
    /// Takes the lease of a job until `now` + `lasts`, or renews it, as [`JobLease::taken`]
    /// decides. None while another holder's is in force, and so also for a holder that lost its
    /// lease. After [`StoreError::Unavailable`] the lease may have been given; the holder's next
    /// call finds out.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn take(
        &self,
        job: JobName,
        holder: &WorkerId,
        now: Timestamp,
        lasts: SignedDuration,
    ) -> Result<Option<JobLease>, StoreError>;

    /// Ends a lease early: anyone gets the next one at once. Lost, and nothing is written, if it is
    /// not the newest grant of its job any more.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn release(&self, lease: &JobLease) -> Result<Committed, StoreError>;
}
