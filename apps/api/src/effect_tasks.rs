//! Builds the effect worker and the sweeper from the configuration.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_application::{EffectWorker, Stores, Sweeper, SweeperSettings, WorkerSettings};
use madoguchi_domain::breaker::BreakerSettings;
use madoguchi_domain::core_bank::{EffectPolicy, WorkerId};
use madoguchi_domain::port::{Clock, CoreBank, Ids};
use madoguchi_domain::upgrade::UpgradePolicy;
use tokio::sync::Notify;

use crate::settings::Settings;

/// What the worker and the sweeper share.
pub(crate) struct EffectTasks<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) stores: &'a Stores,
    pub(crate) clock: &'a Arc<dyn Clock>,
    pub(crate) ids: &'a Arc<dyn Ids>,
    pub(crate) planned: Arc<Notify>,
}

impl EffectTasks<'_> {
    fn policy(&self) -> EffectPolicy {
        let guarantee = self.settings.esb.guarantee;
        EffectPolicy { guarantee, ..self.settings.effects.policy }
    }

    /// A worker id that no other running worker has.
    fn name(&self, what: &str) -> WorkerId {
        WorkerId(format!("{what}-{}", self.ids.correlation().as_str()).into())
    }

    pub(crate) fn worker(&self, bank: Arc<dyn CoreBank>) -> EffectWorker {
        let effects = &self.settings.effects;
        EffectWorker {
            effects: Arc::clone(&self.stores.effects),
            bank,
            clock: Arc::clone(self.clock),
            ids: Arc::clone(self.ids),
            planned: Arc::clone(&self.planned),
            settings: WorkerSettings {
                id: self.name("worker"),
                policy: self.policy(),
                finals: self.settings.esb.final_codes.clone(),
                calls: effects.max_concurrent_calls,
                poll: effects.sweep_every,
                call_lasts: signed(self.settings.esb.upstream.timeout),
                breaker: BreakerSettings {
                    failures: effects.breaker_failures,
                    open_for: signed(effects.breaker_open),
                    longest: signed(effects.breaker_max_open),
                },
            },
        }
    }

    pub(crate) fn sweeper(&self, upgrade_policy: Arc<UpgradePolicy>) -> Sweeper {
        Sweeper {
            effects: Arc::clone(&self.stores.effects),
            upgrades: Arc::clone(&self.stores.upgrades),
            clock: Arc::clone(self.clock),
            ids: Arc::clone(self.ids),
            planned: Arc::clone(&self.planned),
            upgrade_policy,
            settings: SweeperSettings {
                id: self.name("sweeper"),
                policy: self.policy(),
                every: self.settings.effects.sweep_every,
                orphans_every: Duration::from_secs(600),
            },
        }
    }
}

/// The duration in the domain's type.
pub(crate) fn signed(length: Duration) -> SignedDuration {
    length.try_into().unwrap_or(SignedDuration::MAX)
}
