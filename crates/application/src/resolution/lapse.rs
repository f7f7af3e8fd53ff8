//! The job that closes proposals for which nobody decided.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use madoguchi_domain::act::Act;
use madoguchi_domain::change::Committed;
use madoguchi_domain::job_lease::{JobLease, JobName};
use madoguchi_domain::port::{ResolutionStore, StoreError};

use crate::Job;

/// Maximum proposals that one step closes, each in a transaction of its own.
const AT_ONCE: u32 = 100;

/// Closes proposals that have lapsed, and those whose effect is settled without people. They stay
/// as evidence. An effect that is not settled stays in `Manual`, and another proposal is possible.
/// A decision that is made meanwhile wins.
pub struct ResolutionLapse {
    /// The resolutions.
    pub resolutions: Arc<dyn ResolutionStore>,
}

impl fmt::Debug for ResolutionLapse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResolutionLapse")
    }
}

#[async_trait]
impl Job for ResolutionLapse {
    fn name(&self) -> JobName {
        JobName::of("resolution_lapse")
    }

    async fn step(&self, _: &JobLease, act: &Act) -> Result<bool, StoreError> {
        let due = self.resolutions.lapsed(act.at(), AT_ONCE).await?;
        let mut lapsed = 0;
        for open in &due {
            let committed = self.resolutions.commit(&[open.lapsed(act)]).await?;
            lapsed += usize::from(committed == Committed::Moved);
        }
        if lapsed > 0 {
            let why = "nobody approved them in time, or their effects are settled";
            tracing::warn!(lapsed, why, "resolutions lapsed");
        }
        Ok(due.len() == AT_ONCE as usize && lapsed > 0)
    }
}
