//! The contract suite of [`JobLeases`].

use std::sync::Arc;

use jiff::SignedDuration;
use madoguchi_domain::change::Committed;
use madoguchi_domain::effect::{Fence, WorkerId};
use madoguchi_domain::job_lease::{JobLease, JobName};
use madoguchi_domain::port::JobLeases;

use crate::contract::race::race;
use crate::samples;

const JOB: JobName = JobName::of("sample_job");
/// Seconds that a lease of the suite lasts.
const LASTS: i64 = 60;

/// What worker `number` gets, `at` seconds after the start.
async fn take(leases: &Arc<dyn JobLeases>, number: u32, at: i64) -> Option<JobLease> {
    take_of(leases, JOB, number, at).await
}

async fn take_of(
    leases: &Arc<dyn JobLeases>,
    job: JobName,
    number: u32,
    at: i64,
) -> Option<JobLease> {
    let (holder, lasts) = (samples::worker(number), SignedDuration::from_secs(LASTS));
    leases.take(job, &holder, samples::at(at), lasts).await.expect("leases are taken")
}

async fn release(leases: &Arc<dyn JobLeases>, lease: &JobLease) -> Committed {
    leases.release(lease).await.expect("leases are released")
}

/// A lease of [`JOB`] that was given or renewed `at` seconds after the start.
fn lease(number: u32, at: i64, fence: i32) -> JobLease {
    let until = samples::at(at + LASTS);
    JobLease { job: JOB, holder: samples::worker(number), until, fence: Fence(fence) }
}

/// The first lease of a job, and one that is over, are given once.
pub async fn of_twenty_racing_holders_one_gets_the_lease(leases: Arc<dyn JobLeases>) {
    for (at, fence) in [(0, 1), (LASTS, 2), (10 * LASTS, 3)] {
        let taker = |number| {
            let leases = Arc::clone(&leases);
            async move { take(&leases, number, at).await }
        };
        let answers = race((1..=20).map(taker).collect()).await;
        let taken: Vec<JobLease> = answers.into_iter().flatten().collect();
        let [taken] = taken.as_slice() else { panic!("{} got the lease", taken.len()) };
        let holders: Vec<WorkerId> = (1..=20).map(samples::worker).collect();
        assert!(holders.contains(&taken.holder), "the holder is one of those who asked");
        assert_eq!((taken.fence, taken.until), (Fence(fence), samples::at(at + LASTS)));
    }
}

/// Others are refused until the very end, and change nothing.
pub async fn a_lease_in_force_is_refused_to_others(leases: Arc<dyn JobLeases>) {
    assert_eq!(take(&leases, 1, 0).await, Some(lease(1, 0, 1)));
    for at in [-LASTS, 0, 1, LASTS - 1] {
        assert_eq!(take(&leases, 2, at).await, None, "{at} s after the start");
    }
    assert_eq!(take(&leases, 1, 1).await, Some(lease(1, 1, 1)));
}

/// The fence shows that another holder has taken over.
pub async fn a_lease_that_is_over_is_free_under_the_next_fence(leases: Arc<dyn JobLeases>) {
    take(&leases, 1, 0).await.expect("the lease is free");
    assert_eq!(take(&leases, 2, LASTS).await, Some(lease(2, LASTS, 2)));
    assert_eq!(take(&leases, 3, 2 * LASTS).await, Some(lease(3, 2 * LASTS, 3)));
}

/// A holder that comes back too late has no more rights than another.
pub async fn a_holder_after_its_time_gets_a_new_grant(leases: Arc<dyn JobLeases>) {
    take(&leases, 1, 0).await.expect("the lease is free");
    assert_eq!(take(&leases, 1, LASTS).await, Some(lease(1, LASTS, 2)));
}

/// A renewal prolongs the same grant; one with an earlier end does not shorten it.
pub async fn a_renewal_keeps_the_fence_and_extends(leases: Arc<dyn JobLeases>) {
    take(&leases, 1, 0).await.expect("the lease is free");
    for at in [1, LASTS, 2 * LASTS - 1] {
        assert_eq!(take(&leases, 1, at).await, Some(lease(1, at, 1)), "{at} s after the start");
    }
    // The holder's clock was set back.
    assert_eq!(take(&leases, 1, LASTS).await, Some(lease(1, 2 * LASTS - 1, 1)));
    assert_eq!(take(&leases, 2, 3 * LASTS - 2).await, None);
    assert_eq!(take(&leases, 2, 3 * LASTS - 1).await, Some(lease(2, 3 * LASTS - 1, 2)));
}

/// The new holder is not disturbed by the former one, not even if that one returns to the job.
pub async fn a_lost_lease_is_neither_renewed_nor_released(leases: Arc<dyn JobLeases>) {
    let lost = take(&leases, 1, 0).await.expect("the lease is free");
    let second = take(&leases, 2, LASTS).await.expect("the lease is over");
    assert_eq!(take(&leases, 1, LASTS + 1).await, None);
    assert_eq!(release(&leases, &lost).await, Committed::Lost);
    assert_eq!(take(&leases, 3, LASTS + 1).await, None);
    assert_eq!(release(&leases, &second).await, Committed::Moved);
    let again = take(&leases, 1, LASTS + 2).await.expect("the lease is released");
    assert_eq!(release(&leases, &lost).await, Committed::Lost, "an older grant of the holder");
    assert_eq!(take(&leases, 3, LASTS + 3).await, None);
    assert_eq!(release(&leases, &again).await, Committed::Moved);
    let never = JobLease { job: JobName::of("never_taken"), ..lost };
    assert_eq!(release(&leases, &never).await, Committed::Lost);
}

/// A lease from a clock that was days ahead does not block the job for days.
pub async fn a_lease_that_ends_impossibly_late_is_over(leases: Arc<dyn JobLeases>) {
    let ahead = 5 * 60;
    take(&leases, 1, ahead).await.expect("the lease is free");
    assert_eq!(take(&leases, 2, 0).await, None, "clocks may differ by minutes");
    take(&leases, 1, 86_400).await.expect("it is taken again");
    assert_eq!(take(&leases, 2, 0).await, Some(lease(2, 0, 3)));
}

/// Each job has its own holder and its own fence.
pub async fn jobs_do_not_affect_each_other(leases: Arc<dyn JobLeases>) {
    let other = JobName::of("other_job");
    let one = take(&leases, 1, 0).await.expect("the lease is free");
    take_of(&leases, other, 2, 0).await.expect("the other lease is free");
    let second = take_of(&leases, other, 3, LASTS).await.expect("the other lease is over");
    assert_eq!((second.job, second.fence), (other, Fence(2)));
    assert_eq!(release(&leases, &one).await, Committed::Moved);
    assert_eq!(take_of(&leases, other, 2, LASTS).await, None);
    assert_eq!(take(&leases, 2, 1).await, Some(lease(2, 1, 2)));
}

/// The end of a lease does not have to be waited for, by nobody's clock.
pub async fn a_released_lease_is_free_at_once(leases: Arc<dyn JobLeases>) {
    let first = take(&leases, 1, 0).await.expect("the lease is free");
    let renewed = take(&leases, 1, 1).await.expect("it is renewed");
    // Also as it was before its renewal: that may have been the last answer that arrived.
    assert_eq!(release(&leases, &first).await, Committed::Moved);
    assert_eq!(release(&leases, &renewed).await, Committed::Moved, "again, as a retry does");
    assert_eq!(take(&leases, 2, -LASTS).await, Some(lease(2, -LASTS, 2)));
    assert_eq!(release(&leases, &lease(2, -LASTS, 2)).await, Committed::Moved);
    assert_eq!(take(&leases, 2, 0).await, Some(lease(2, 0, 3)), "its last holder, too");
}

/// Runs the suite on each adapter: `job_leases_contract!(mine: open_mine(), …);`, where
/// `open_mine()` is a future of [`TestStores`](crate::contract::TestStores) of
/// `Arc<dyn JobLeases>`.
#[macro_export]
macro_rules! job_leases_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            job_leases of job_leases, of_stores [
                of_twenty_racing_holders_one_gets_the_lease
                a_lease_in_force_is_refused_to_others
                a_lease_that_is_over_is_free_under_the_next_fence
                a_holder_after_its_time_gets_a_new_grant
                a_renewal_keeps_the_fence_and_extends
                a_lost_lease_is_neither_renewed_nor_released
                a_lease_that_ends_impossibly_late_is_over
                jobs_do_not_affect_each_other
                a_released_lease_is_free_at_once
            ]
            $($adapters)+
        }
    };
}
