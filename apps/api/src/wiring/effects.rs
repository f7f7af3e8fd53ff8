//! Builds the registry of effects, their workers and the sweeper from the configuration.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_application::{
    ContactStores, Delivery, EffectAgeing, EffectRegistry, EffectWorker, MailDelivery,
    MissingMails, MissingSetLevel, PlannedSignal, SetLevelDelivery, Sweeper, SweeperSettings,
    UpgradeOptions, UpgradeStores, WorkerSettings,
};
use madoguchi_domain::effect::{EffectKind, WorkerId};
use madoguchi_domain::mail::MailOrder;
use madoguchi_domain::port::{Clock, CoreBank, Ids};
use madoguchi_domain::upgrade::UpgradePolicy;
use tokio::sync::watch;

use super::mailer;
use crate::settings::Settings;
use crate::tasks::Named;

/// What the workers and the sweeper share.
pub(super) struct EffectTasks<'a> {
    pub(super) settings: &'a Settings,
    pub(super) stores: &'a UpgradeStores,
    pub(super) contacts: Option<&'a ContactStores>,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) ids: &'a Arc<dyn Ids>,
    pub(super) planned: PlannedSignal,
}

impl EffectTasks<'_> {
    /// A worker id that no other running worker has.
    fn name(&self, what: &str) -> WorkerId {
        WorkerId(format!("{what}-{}", self.ids.uuid().simple()).into())
    }

    /// Every kind of effect, with the hooks that find missing ones.
    pub(super) fn registry(
        &self,
        bank: Arc<dyn CoreBank>,
        policy: Arc<UpgradePolicy>,
    ) -> anyhow::Result<EffectRegistry> {
        self.with_mail(self.of_upgrades(bank, policy))
    }

    /// Starts a worker for each kind of effect, and the sweeper.
    pub(super) fn start(
        &self,
        registry: EffectRegistry,
        stopped: &watch::Receiver<bool>,
    ) -> Vec<Named> {
        let workers = registry.deliveries().iter().map(|delivery| {
            let worker = self.worker(delivery).run(stopped.clone());
            ("an effect worker", tokio::spawn(worker))
        });
        let mut running: Vec<Named> = workers.collect();
        let ageing = EffectAgeing {
            effects: Arc::clone(&self.stores.platform.effects),
            kinds: registry.deliveries().iter().map(|delivery| delivery.kind()).collect(),
            clock: Arc::clone(self.clock),
            every: Duration::from_secs(15),
        };
        running.push(("the count of effects", tokio::spawn(ageing.run(stopped.clone()))));
        running.push(("the sweeper", tokio::spawn(self.sweeper(registry).run(stopped.clone()))));
        running
    }

    /// The effects of the account upgrade, and the hook that finds missing ones.
    fn of_upgrades(&self, bank: Arc<dyn CoreBank>, policy: Arc<UpgradePolicy>) -> EffectRegistry {
        let esb = &self.settings.esb;
        let timeout = esb.adapter.upstream.timeout;
        let set_level = SetLevelDelivery {
            bank,
            finals: esb.final_codes.clone(),
            call_lasts: timeout.try_into().unwrap_or(SignedDuration::MAX),
            policy: esb.guarantee.policy(self.settings.effects.policy),
        };
        let upgrades = Arc::clone(&self.stores.upgrades);
        let missing = MissingSetLevel { upgrades, policy };
        EffectRegistry::default().with(Arc::new(set_level)).with_hook(Arc::new(missing))
    }

    /// With mails, if they are configured.
    fn with_mail(&self, registry: EffectRegistry) -> anyhow::Result<EffectRegistry> {
        let (Some(mail), Some(stores)) = (&self.settings.mail, self.contacts) else {
            return Ok(registry);
        };
        let delivery = MailDelivery {
            mails: Arc::clone(&stores.mails),
            announcements: Arc::clone(&stores.announcements),
            persons: Arc::clone(&stores.persons),
            mailer: mailer::build(mail)?,
            clock: Arc::clone(self.clock),
            ids: Arc::clone(self.ids),
            rules: mail.rules.clone(),
            conversation_lasts: mail.conversation_lasts(),
            check_lasts: mail.check_lasts(),
            policy: mail.policy(self.settings.effects.policy),
            id: self.name("mailer"),
        };
        let missing = MissingMails { mails: Arc::clone(&stores.mails), rules: mail.rules.clone() };
        Ok(registry.with(Arc::new(delivery)).with_hook(Arc::new(missing)))
    }

    /// The maximum number of concurrent deliveries of a kind.
    fn calls(&self, kind: &EffectKind) -> usize {
        let mail = self.settings.mail.as_ref().filter(|_| *kind == MailOrder::KIND);
        mail.map_or(self.settings.effects.max_concurrent_calls, |it| it.max_concurrent_calls)
    }

    fn worker(&self, delivery: &Arc<dyn Delivery>) -> EffectWorker {
        let effects = &self.settings.effects;
        EffectWorker {
            effects: Arc::clone(&self.stores.platform.effects),
            delivery: Arc::clone(delivery),
            clock: Arc::clone(self.clock),
            ids: Arc::clone(self.ids),
            planned: self.planned.clone(),
            settings: WorkerSettings {
                id: self.name("worker"),
                calls: self.calls(&delivery.kind()),
                poll: effects.sweep_every,
                breaker: effects.breaker,
            },
        }
    }

    fn sweeper(&self, registry: EffectRegistry) -> Sweeper {
        Sweeper {
            effects: Arc::clone(&self.stores.platform.effects),
            registry,
            clock: Arc::clone(self.clock),
            ids: Arc::clone(self.ids),
            planned: self.planned.clone(),
            settings: SweeperSettings {
                id: self.name("sweeper"),
                every: self.settings.effects.sweep_every,
                missing_every: UpgradeOptions::default().missing_every,
            },
        }
    }
}
