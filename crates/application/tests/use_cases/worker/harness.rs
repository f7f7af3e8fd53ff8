//! A harness for workers and sweepers over one fake store, one bank and one clock.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_application::{
    Delivery, EffectRegistry, EffectWorker, MissingSetLevel, PlannedSignal, SetLevelDelivery,
    Sweeper, SweeperSettings, WorkerSettings,
};
use madoguchi_domain::Timestamp;
use madoguchi_domain::audit::Action;
use madoguchi_domain::breaker::BreakerSettings;
use madoguchi_domain::effect::{Effect, EffectPolicy, EffectStateName, UpstreamCode, WorkerId};
use madoguchi_domain::port::{Clock, CoreBank, EffectQueue};
use madoguchi_domain::upgrade::FinalCodes;
use madoguchi_testkit::contract::audit_rows;
use madoguchi_testkit::driver::upgrade::UpgradeDriver;
use madoguchi_testkit::fake::clock::ManualClock;
use madoguchi_testkit::fake::core_bank::{Behaviour, FakeCoreBank};
use madoguchi_testkit::fake::fault_injecting_store::FaultInjectingStore;
use madoguchi_testkit::fake::ids::SeededIds;
use madoguchi_testkit::fake::store::FakeStore;
use madoguchi_testkit::samples;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::bank::Line;

/// The code that the sample bank lists as a final refusal.
pub(crate) const FINAL: &str = "E-CLOSED";

pub(crate) struct WorkerHarness {
    pub(crate) fake: FakeStore,
    pub(crate) driver: UpgradeDriver,
    pub(crate) clock: ManualClock,
    pub(crate) queue: Arc<FaultInjectingStore>,
    pub(crate) bank: Arc<FakeCoreBank>,
    pub(crate) line: Arc<Line>,
    pub(crate) planned: PlannedSignal,
    pub(crate) policy: EffectPolicy,
    pub(crate) stop: Stop,
}

/// Signals all tasks to stop, at the latest when dropped: without the signal they run for ever.
#[derive(Debug)]
pub(crate) struct Stop(watch::Sender<bool>);

impl Stop {
    pub(crate) fn say(&self) {
        self.0.send_replace(true);
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.say();
    }
}

pub(crate) fn code(text: &str) -> UpstreamCode {
    UpstreamCode::parse(text).expect("the sample code parses")
}

impl WorkerHarness {
    /// A harness without running tasks, 200 s after the start.
    pub(crate) fn open() -> Self {
        Self::over(FakeCoreBank::default())
    }

    fn over(bank: FakeCoreBank) -> Self {
        let (fake, clock) = (FakeStore::new(samples::audit_key()), ManualClock::default());
        clock.set(samples::at(200));
        let bank = Arc::new(bank);
        Self {
            driver: UpgradeDriver::at(&fake.stores()),
            queue: Arc::new(FaultInjectingStore::over(&fake)),
            line: Arc::new(Line::to(&bank, &clock)),
            planned: PlannedSignal::default(),
            policy: EffectPolicy::standard(),
            stop: Stop(watch::Sender::new(false)),
            fake,
            clock,
            bank,
        }
    }

    /// A harness with this many passed members, whose effects are due.
    pub(crate) async fn with_passed(members: u32) -> Self {
        let harness = Self::open();
        harness.driver.passed(1..=members).await;
        harness
    }

    /// As [`with_passed`](Self::with_passed), with a bank that can be asked for levels.
    pub(crate) async fn with_inquiries(members: u32) -> Self {
        let harness = Self::over(FakeCoreBank::with_inquiries());
        harness.driver.passed(1..=members).await;
        harness
    }

    /// A worker with the default settings and connection.
    pub(crate) fn worker(&self, number: u32) -> EffectWorker {
        EffectWorker {
            effects: Arc::clone(&self.queue) as Arc<dyn EffectQueue>,
            delivery: self.delivery_over(&self.line),
            clock: Arc::new(self.clock.clone()),
            ids: Arc::new(SeededIds::new(u64::from(number))),
            planned: self.planned.clone(),
            settings: WorkerSettings {
                id: samples::worker(number),
                calls: 16,
                poll: Duration::from_secs(1),
                breaker: BreakerSettings::steady(100, SignedDuration::from_secs(30)),
            },
        }
    }

    /// Delivers orders to the bank over this connection.
    pub(crate) fn delivery_over(&self, line: &Arc<Line>) -> Arc<dyn Delivery> {
        Arc::new(SetLevelDelivery {
            bank: Arc::clone(line) as Arc<dyn CoreBank>,
            finals: FinalCodes::parse(vec![code(FINAL)]).expect("200 is not among them"),
            call_lasts: SignedDuration::from_secs(10),
            policy: self.policy,
        })
    }

    fn registry(&self) -> EffectRegistry {
        let missing = MissingSetLevel {
            upgrades: Arc::new(self.fake.clone()),
            policy: Arc::new(samples::policy()),
        };
        let registry = EffectRegistry::default().with(self.delivery_over(&self.line));
        registry.with_hook(Arc::new(missing))
    }

    pub(crate) fn sweeper(&self) -> Sweeper {
        Sweeper {
            effects: Arc::clone(&self.queue) as Arc<dyn EffectQueue>,
            registry: self.registry(),
            clock: Arc::new(self.clock.clone()),
            ids: Arc::new(SeededIds::new(99)),
            planned: self.planned.clone(),
            settings: SweeperSettings {
                id: WorkerId("sweeper".into()),
                every: Duration::from_secs(1),
                missing_every: Duration::from_secs(600),
            },
        }
    }

    pub(crate) fn start(&self, worker: EffectWorker) -> JoinHandle<()> {
        tokio::spawn(worker.run(self.stop.0.subscribe()))
    }

    pub(crate) fn start_sweeping(&self) -> JoinHandle<()> {
        tokio::spawn(self.sweeper().run(self.stop.0.subscribe()))
    }

    /// Starts one worker and one sweeper.
    pub(crate) fn start_both(&self) {
        self.start(self.worker(1));
        self.start_sweeping();
    }

    /// Advances the clock and the runtime's time.
    pub(crate) async fn wait(&self, seconds: u32) {
        for _ in 0..seconds {
            self.clock.advance(SignedDuration::from_secs(1));
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Scripts the bank's behaviour for the next orders of a sample member.
    pub(crate) fn script(&self, number: u32, behaviours: impl IntoIterator<Item = Behaviour>) {
        self.bank.script(&samples::account(number).arrangement, behaviours);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) async fn effect(&self, number: u32) -> Effect {
        self.driver.effect(number).await
    }

    pub(crate) async fn state(&self, number: u32) -> EffectStateName {
        self.effect(number).await.state.name()
    }

    /// The states of the effect of a sample member's case, by the audit log.
    pub(crate) async fn moves(&self, number: u32) -> Vec<String> {
        let subject = samples::case_id(number).subject();
        let rows = audit_rows::rows(&self.driver.stores).await.into_iter().map(|row| row.entry);
        let moves = rows.filter(|row| row.action == Action::EFFECT_MOVED && row.subject == subject);
        moves.map(|row| row.detail.into_owned()).collect()
    }

    /// The evidence of the effect: outcome and detail.
    pub(crate) async fn evidence(&self, number: u32) -> Vec<(String, String)> {
        let seen = self.driver.timeline(samples::case_id(number)).await.evidence;
        let seen = seen.into_iter().map(|row| row.outcome);
        seen.map(|it| (it.as_str().to_owned(), it.detail().into_owned())).collect()
    }
}
