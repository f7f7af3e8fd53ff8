//! The store of the leases of jobs.

use async_trait::async_trait;
use diesel::prelude::*;
use jiff::SignedDuration;
use madoguchi_domain::Timestamp;
use madoguchi_domain::change::Committed;
use madoguchi_domain::effect::WorkerId;
use madoguchi_domain::job_lease::{JobLease, JobName};
use madoguchi_domain::port::{JobLeases, StoreError};

use super::{Conn, Store};
use crate::database::column::At;
use crate::database::fault::Fault;
use crate::database::schema::job_lease;
use crate::job_lease::row::JobLeaseRow;

/// Maximum decisions per call. After a lost write, the winner's lease is usually in force.
const MOST_TRIES: u32 = 6;

#[async_trait]
impl JobLeases for Store {
    async fn take(
        &self,
        job: JobName,
        holder: &WorkerId,
        now: Timestamp,
        lasts: SignedDuration,
    ) -> Result<Option<JobLease>, StoreError> {
        for _ in 0..MOST_TRIES {
            // A refusal writes nothing: most nodes are refused most of the time.
            let last = self.read(move |conn| find(conn, job)).await?;
            let Some(lease) = JobLease::taken(last.as_ref(), job, holder, now, lasts) else {
                return Ok(None);
            };
            let next = lease.clone();
            if self.write(move |conn| replace(conn, last.as_ref(), &next)).await? {
                return Ok(Some(lease));
            }
        }
        Err(StoreError::Unavailable("other nodes changed the job's lease each time"))
    }

    async fn release(&self, lease: &JobLease) -> Result<Committed, StoreError> {
        let lease = lease.clone();
        self.write(move |conn| {
            let is_it = job_lease::holder.eq(&*lease.holder.0);
            let is_it = is_it.and(job_lease::fence.eq(lease.fence.0));
            let newest = job_lease::table.find(lease.job.as_str()).filter(is_it);
            let released = diesel::update(newest)
                .set(job_lease::until.eq(At::from(lease.released().until)))
                .execute(conn)?;
            Ok(if released == 1 { Committed::Moved } else { Committed::Lost })
        })
        .await
    }
}

fn find(conn: &mut Conn, job: JobName) -> Result<Option<JobLease>, Fault> {
    let found = job_lease::table.find(job.as_str()).select(JobLeaseRow::as_select());
    let row: Option<JobLeaseRow> = found.get_result(conn).optional()?;
    Ok(row.map(|row| row.parse(job)).transpose()?)
}

/// Writes `next` over `last`, or as the first lease of its job; false if another one is stored.
fn replace(conn: &mut Conn, last: Option<&JobLease>, next: &JobLease) -> Result<bool, Fault> {
    let next = JobLeaseRow::from(next);
    let Some(last) = last else {
        let insert = diesel::insert_into(job_lease::table).values(&next);
        return Ok(insert.on_conflict_do_nothing().execute(conn)? == 1);
    };
    let last = JobLeaseRow::from(last);
    let as_read = job_lease::holder.eq(&last.holder);
    let as_read = as_read.and(job_lease::until.eq(last.until)).and(job_lease::fence.eq(last.fence));
    let written = diesel::update(job_lease::table.find(&next.job).filter(as_read))
        .set((
            job_lease::holder.eq(&next.holder),
            job_lease::until.eq(next.until),
            job_lease::fence.eq(next.fence),
        ))
        .execute(conn)?;
    Ok(written == 1)
}
