//! The job that closes proposals for which nobody decided.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use madoguchi_domain::act::Act;
use madoguchi_domain::change::Committed;
use madoguchi_domain::effect::EffectKey;
use madoguchi_domain::job_lease::{JobLease, JobName};
use madoguchi_domain::port::{ResolutionStore, StoreError};

use crate::Job;

/// Maximum proposals that one step closes, each in a transaction of its own.
const AT_ONCE: u32 = 100;

/// Closes proposals that have lapsed. They stay as evidence. Their effects stay in `Manual`, and
/// another proposal is possible. A decision that is made meanwhile wins.
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
        let due = self.resolutions.lapsed(act.at, AT_ONCE).await?;
        let mut lapsed = 0;
        for effect in &due {
            lapsed += usize::from(self.lapse(effect, act).await?);
        }
        if lapsed > 0 {
            tracing::warn!(lapsed, "resolutions lapsed: nobody approved them in time");
        }
        Ok(due.len() == AT_ONCE as usize && lapsed > 0)
    }
}

impl ResolutionLapse {
    async fn lapse(&self, effect: &EffectKey, act: &Act) -> Result<bool, StoreError> {
        // One that cannot be read does not keep the others.
        let open = match self.resolutions.open(effect).await {
            Ok(open) => open.filter(|it| !it.is_open(act.at)),
            Err(StoreError::Corrupt(place)) => {
                tracing::error!(place, %effect, "a resolution cannot be read: it stays");
                None
            }
            Err(unavailable @ StoreError::Unavailable(_)) => return Err(unavailable),
        };
        match open {
            Some(open) => {
                let committed = self.resolutions.commit(&[open.lapsed(act)]).await?;
                Ok(committed == Committed::Moved)
            }
            None => Ok(false),
        }
    }
}
