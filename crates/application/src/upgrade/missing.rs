//! Finds passed cases without an effect, and plans it.

use std::sync::Arc;

use async_trait::async_trait;
use madoguchi_domain::act::Act;
use madoguchi_domain::change::Committed;
use madoguchi_domain::port::{StoreError, UpgradeStore};
use madoguchi_domain::redacted;
use madoguchi_domain::upgrade::{UpgradePolicy, replan};

use crate::FindMissing;

redacted!(MissingSetLevel);

/// The hook of the kind `SetLevel`.
pub struct MissingSetLevel {
    /// The cases.
    pub upgrades: Arc<dyn UpgradeStore>,
    /// Derives the transaction ids of the missing orders.
    pub policy: Arc<UpgradePolicy>,
}

#[async_trait]
impl FindMissing for MissingSetLevel {
    async fn plan_missing(&self, act: &Act, limit: u32) -> Result<usize, StoreError> {
        let orphans = self.upgrades.orphans(limit).await?;
        let changes: Vec<_> =
            orphans.iter().filter_map(|orphan| replan(orphan, &self.policy, act)).collect();
        if changes.is_empty() {
            return Ok(0);
        }
        let mut planned = 0;
        for (change, committed) in changes.iter().zip(self.upgrades.commit(&changes).await?) {
            let case = change.audit.subject.id();
            match committed {
                Committed::Moved => {
                    planned += 1;
                    tracing::warn!(case, "a passed case had no effect: planned now");
                }
                // Another process may have planned it at the same time.
                Committed::Lost => {
                    let why = "if this repeats: another effect has its transaction id, or is live \
                        for its account";
                    tracing::warn!(case, why, "a passed case had no effect, and none was planned");
                }
            }
        }
        Ok(planned)
    }
}
