//! Leases of background jobs: what one node alone may do, the holder of its job's lease does.

use jiff::SignedDuration;

use crate::Timestamp;
use crate::effect::{Fence, WorkerId, later};

/// The name of a job: 1 to 64 lower-case letters and underscores. Each module defines its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobName(&'static str);

impl JobName {
    /// A job of this name, for example `head_export`.
    ///
    /// # Panics
    /// When the name breaks the rule: in a constant, at compile time.
    #[must_use]
    pub const fn of(name: &'static str) -> Self {
        assert!(is_name(name), "1 to 64 lower-case letters and underscores");
        Self(name)
    }

    /// The name in the database, in logs and in the audit log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

const fn is_name(text: &str) -> bool {
    let (bytes, mut at) = (text.as_bytes(), 0);
    while at < bytes.len() {
        if !matches!(bytes[at], b'a'..=b'z' | b'_') {
            return false;
        }
        at += 1;
    }
    1 <= at && at <= 64
}

/// The right to run one job until a time. A store keeps the newest lease of each job, also when it
/// is over, so that its fence only rises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobLease {
    /// The job.
    pub job: JobName,
    /// Who may run it.
    pub holder: WorkerId,
    /// When the lease is over; it is not in force at this time.
    pub until: Timestamp,
    /// The number of the grant, from 1. A renewal keeps it.
    pub fence: Fence,
}

impl JobLease {
    /// How far the clocks of two nodes may differ. A lease that lasts longer than one taken now by
    /// more than this counts as over.
    pub const CLOCKS_DIFFER_BY: SignedDuration = SignedDuration::from_mins(5);

    /// The `until` of a lease that was released: over by every clock.
    pub const RELEASED: Timestamp = Timestamp::UNIX_EPOCH;

    /// The lease that `holder` gets at `now` for `lasts`, where `last` is the newest one of the
    /// job. None while another holder's is in force.
    ///
    /// The holder of a lease in force renews it: the fence stays, and `until` never becomes
    /// earlier. Once it is over, everyone gets a new grant under the next fence. So does the
    /// holder itself: others may have run the job meanwhile, and work that was decided under the
    /// old grant can be recognised.
    ///
    /// ```
    /// use madoguchi_domain::effect::{Fence, WorkerId};
    /// use madoguchi_domain::job_lease::{JobLease, JobName};
    /// use jiff::SignedDuration;
    /// use madoguchi_domain::Timestamp;
    ///
    /// let (job, minute) = (JobName::of("head_export"), SignedDuration::from_mins(1));
    /// let (one, other) = (WorkerId("node-1".into()), WorkerId("node-2".into()));
    /// let start = Timestamp::UNIX_EPOCH;
    /// let first = JobLease::taken(None, job, &one, start, minute).unwrap();
    /// assert!(JobLease::taken(Some(&first), job, &other, start, minute).is_none());
    /// let next = JobLease::taken(Some(&first), job, &other, first.until, minute).unwrap();
    /// assert_eq!((first.fence, next.fence), (Fence(1), Fence(2)));
    /// ```
    #[must_use]
    pub fn taken(
        last: Option<&Self>,
        job: JobName,
        holder: &WorkerId,
        now: Timestamp,
        lasts: SignedDuration,
    ) -> Option<Self> {
        let until = later(now, lasts);
        let grant = |fence| Self { job, holder: holder.clone(), until, fence };
        match last {
            None => Some(grant(Fence(1))),
            Some(last) if last.is_over(now) || last.is_impossible(now, lasts) => {
                Some(grant(Fence(last.fence.0.checked_add(1)?)))
            }
            Some(last) if last.holder == *holder => {
                Some(Self { until: until.max(last.until), ..last.clone() })
            }
            Some(_) => None,
        }
    }

    /// Whether its end is so far away that its holder's clock was wrong: it would block the job.
    fn is_impossible(&self, now: Timestamp, lasts: SignedDuration) -> bool {
        self.until > later(later(now, lasts), Self::CLOCKS_DIFFER_BY)
    }

    /// Whether it is not in force any more.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.until <= now
    }

    /// Whether `other` is the same grant, perhaps renewed.
    #[must_use]
    pub fn is_same_grant(&self, other: &Self) -> bool {
        (self.job, &self.holder, self.fence) == (other.job, &other.holder, other.fence)
    }

    /// The same grant, ended early.
    #[must_use]
    pub fn released(&self) -> Self {
        Self { until: Self::RELEASED, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: JobName = JobName::of("sweeper");
    const LASTS: SignedDuration = SignedDuration::from_secs(60);
    const NOW: i64 = 1000;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn lease(holder: &str, until: i64, fence: i32) -> JobLease {
        let holder = WorkerId(holder.into());
        JobLease { job: JOB, holder, until: at(until), fence: Fence(fence) }
    }

    #[test]
    fn a_lease_is_granted_renewed_or_left_to_its_holder() {
        let granted = |fence| Some(lease("me", NOW + 60, fence));
        // 60 s, and 5 min by which clocks may differ.
        let longest = NOW + 60 + 300;
        let cases = [
            (None, granted(1)),
            (Some(lease("other", NOW - 1, 4)), granted(5)),
            (Some(lease("other", NOW, 4)), granted(5)),
            (Some(lease("other", NOW + 1, 4)), None),
            (Some(lease("other", longest, 4)), None),
            (Some(lease("other", longest + 1, 4)), granted(5)),
            (Some(lease("me", NOW, 4)), granted(5)),
            (Some(lease("me", NOW + 1, 4)), granted(4)),
            (Some(lease("me", NOW + 90, 4)), Some(lease("me", NOW + 90, 4))),
            (Some(lease("me", longest + 1, 4)), granted(5)),
            (Some(lease("other", NOW, i32::MAX)), None),
        ];
        for (last, expected) in cases {
            let taken = JobLease::taken(last.as_ref(), JOB, &WorkerId("me".into()), at(NOW), LASTS);
            assert_eq!(taken, expected, "after {last:?}");
        }
    }

    #[test]
    fn a_grant_is_one_job_holder_and_fence() {
        let grant = lease("me", NOW, 4);
        assert!(grant.is_same_grant(&lease("me", NOW + 9, 4)), "a renewal is the same grant");
        let other_job = JobLease { job: JobName::of("purge"), ..grant.clone() };
        for other in [lease("other", NOW, 4), lease("me", NOW, 5), other_job] {
            assert!(!grant.is_same_grant(&other), "{other:?}");
        }
        assert_eq!(grant.released(), JobLease { until: JobLease::RELEASED, ..grant.clone() });
        assert!(grant.released().is_over(at(0)));
    }
}
