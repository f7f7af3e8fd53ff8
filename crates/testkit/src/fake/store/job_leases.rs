//! The fake store's leases of jobs.

use async_trait::async_trait;
use jiff::SignedDuration;
use madoguchi_domain::Timestamp;
use madoguchi_domain::change::Committed;
use madoguchi_domain::effect::WorkerId;
use madoguchi_domain::job_lease::{JobLease, JobName};
use madoguchi_domain::port::{JobLeases, StoreError};

use super::FakeStore;

#[async_trait]
impl JobLeases for FakeStore {
    async fn take(
        &self,
        job: JobName,
        holder: &WorkerId,
        now: Timestamp,
        lasts: SignedDuration,
    ) -> Result<Option<JobLease>, StoreError> {
        self.write(|memory| {
            let last = memory.job_leases.get(&job);
            let lease = JobLease::taken(last, job, holder, now, lasts)?;
            memory.job_leases.insert(job, lease.clone());
            Some(lease)
        })
    }

    async fn release(&self, lease: &JobLease) -> Result<Committed, StoreError> {
        self.write(|memory| match memory.job_leases.get_mut(&lease.job) {
            Some(newest) if newest.is_same_grant(lease) => {
                *newest = newest.released();
                Committed::Moved
            }
            Some(_) | None => Committed::Lost,
        })
    }
}
