//! The job that deletes answers which no repetition may ask for any more.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use madoguchi_domain::act::Act;
use madoguchi_domain::job_lease::{JobLease, JobName};
use madoguchi_domain::port::{ReplayStore, StoreError};

use crate::Job;

/// Maximum answers that one step deletes, in one transaction.
const AT_ONCE: u32 = 1000;

/// Deletes stored answers to requests with an idempotency key. A step that runs twice deletes
/// nothing the second time.
pub struct ReplayExpiry {
    /// The stored answers.
    pub replays: Arc<dyn ReplayStore>,
    /// How long an answer is kept after its request was received.
    pub keep: SignedDuration,
}

impl fmt::Debug for ReplayExpiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayExpiry").field("keep", &self.keep).finish_non_exhaustive()
    }
}

#[async_trait]
impl Job for ReplayExpiry {
    fn name(&self) -> JobName {
        JobName::of("idempotency_expiry")
    }

    async fn step(&self, _: &JobLease, act: &Act) -> Result<bool, StoreError> {
        // A time before the first one that can be stored has nothing before it.
        let Ok(before) = act.at().checked_sub(self.keep) else {
            return Ok(false);
        };
        let deleted = self.replays.delete_before(before, AT_ONCE).await?;
        if deleted > 0 {
            tracing::debug!(deleted, "answers to requests with idempotency keys expired");
        }
        Ok(deleted == AT_ONCE as usize)
    }
}
