//! The row of a job's newest lease.

use madoguchi_domain::effect::{Fence, WorkerId};
use madoguchi_domain::job_lease::{JobLease, JobName};
use madoguchi_domain::port::StoreError;

use crate::database::column::{At, Count};
use crate::database::parse::{moment, parsed_or_corrupt};
use crate::database::schema::job_lease;
use crate::database::statement::row;

row! {
    pub(crate) struct JobLeaseRow in job_lease {
        job: String,
        holder: String,
        until: At,
        fence: Count,
    }
}

impl From<&JobLease> for JobLeaseRow {
    fn from(lease: &JobLease) -> Self {
        Self {
            job: lease.job.as_str().to_owned(),
            holder: lease.holder.0.as_ref().to_owned(),
            until: lease.until.into(),
            fence: lease.fence.0.into(),
        }
    }
}

impl JobLeaseRow {
    /// The lease of `job`, by whose name the row was read.
    pub(crate) fn parse(self, job: JobName) -> Result<JobLease, StoreError> {
        // After the greatest number no next grant could be counted.
        let fence = i32::try_from(self.fence.0).ok().filter(|it| (1..i32::MAX).contains(it));
        Ok(JobLease {
            job,
            holder: WorkerId(self.holder.into()),
            until: moment(self.until, "job_lease.until")?,
            fence: Fence(parsed_or_corrupt(fence, "job_lease.fence")?),
        })
    }
}
