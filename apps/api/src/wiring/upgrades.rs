//! Starts the decision lane, and builds the service in front of it.

use std::sync::Arc;

use madoguchi_application::{DecisionLane, PlannedSignal, UpgradeService, UpgradeStores};
use madoguchi_domain::port::{Clock, Ids};
use madoguchi_domain::upgrade::UpgradePolicy;
use tokio::task::JoinHandle;

use crate::settings::Settings;

/// What the service is built of.
pub(super) struct UpgradeParts<'a> {
    pub(super) settings: &'a Settings,
    pub(super) stores: &'a UpgradeStores,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) ids: &'a Arc<dyn Ids>,
}

impl UpgradeParts<'_> {
    pub(super) fn start(
        &self,
        policy: &Arc<UpgradePolicy>,
        planned: &PlannedSignal,
    ) -> (UpgradeService, JoinHandle<()>) {
        let store = &self.stores.upgrades;
        let (lane, task) = DecisionLane::start(
            Arc::clone(store),
            Arc::clone(&self.stores.platform.replays),
            Arc::clone(policy),
            planned.clone(),
            self.settings.group_commit,
        );
        let (clock, ids) = (Arc::clone(self.clock), Arc::clone(self.ids));
        (UpgradeService::new(lane, Arc::clone(store), clock, ids, Arc::clone(policy)), task)
    }
}
