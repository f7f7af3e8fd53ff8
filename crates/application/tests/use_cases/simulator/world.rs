//! The world of one seed: its workers and sweeper, its faults, and its end.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_application::{
    Delivery, EffectRegistry, EffectWorker, MissingSetLevel, PlannedSignal, SetLevelDelivery,
    Sweeper, SweeperSettings, WorkerSettings,
};
use madoguchi_domain::Timestamp;
use madoguchi_domain::breaker::BreakerSettings;
use madoguchi_domain::effect::{EffectPolicy, UpstreamCode, WorkerId};
use madoguchi_domain::port::{Clock, CoreBank, EffectQueue, UpgradeStore};
use madoguchi_domain::upgrade::FinalCodes;
use madoguchi_testkit::driver::upgrade::UpgradeDriver;
use madoguchi_testkit::fake::ids::SeededIds;
use madoguchi_testkit::fake::store::FakeStore;
use madoguchi_testkit::samples;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::bank::RandomBank;
use super::chance::Chance;
use super::oracle::{self, Verdict};
use super::store::RandomStore;

/// Number of cases.
pub(crate) const CASES: u32 = 20;
/// Duration of the faults.
const STORM: Duration = Duration::from_secs(900);
/// The documented bound: lease, settle time, two backoffs and an open circuit breaker, rounded up.
const CALM: Duration = Duration::from_secs(600);

/// A safeguard that is removed, to check that the oracle detects it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plant {
    Nothing,
    /// Outcomes are written without a fence.
    NoFence,
    /// An unknown outcome is sent again at once.
    NoSettleTime,
    /// Every call has a new transaction id.
    FreshIds,
}

/// The time of the paused runtime, so that sleeps and the clock agree.
#[derive(Debug, Clone)]
pub(crate) struct Sundial(Instant);

impl Clock for Sundial {
    fn now(&self) -> Timestamp {
        let gone = i64::try_from(self.0.elapsed().as_micros()).unwrap_or(i64::MAX);
        samples::at(200) + SignedDuration::from_micros(gone)
    }
}

/// The shared state of a world.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) plant: Plant,
    pub(crate) fake: FakeStore,
    pub(crate) driver: UpgradeDriver,
    pub(crate) clock: Sundial,
    pub(crate) policy: EffectPolicy,
    storm: AtomicBool,
    names: AtomicU64,
    verdict: Mutex<Verdict>,
}

impl World {
    fn new(seed: u64, plant: Plant) -> Self {
        let fake = FakeStore::new(samples::audit_key());
        let honest = EffectPolicy { ambiguous_tries: 4, ..EffectPolicy::standard() };
        let hasty = EffectPolicy { settle: SignedDuration::from_secs(1), ..honest };
        Self {
            seed,
            plant,
            driver: UpgradeDriver::at(&fake.stores()),
            fake,
            clock: Sundial(Instant::now()),
            policy: if plant == Plant::NoSettleTime { hasty } else { honest },
            storm: AtomicBool::new(true),
            names: AtomicU64::new(1),
            verdict: Mutex::default(),
        }
    }

    pub(crate) fn is_stormy(&self) -> bool {
        self.storm.load(Ordering::SeqCst)
    }

    /// Updates the verdict of this run.
    pub(crate) fn note(&self, act: impl FnOnce(&mut Verdict)) {
        act(&mut self.verdict.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Adds a line to the trace.
    pub(crate) fn tell(&self, what: &str) {
        let line = format!("{} {what}", self.clock.now());
        self.note(|verdict| verdict.trace.push(line));
    }

    /// Reports a violated invariant.
    pub(crate) fn accuse(&self, what: String) {
        self.tell(&what);
        self.note(|verdict| verdict.violations.push(what));
    }

    /// A unique name.
    fn name(&self, what: &str) -> (u64, WorkerId) {
        let number = self.names.fetch_add(1, Ordering::SeqCst);
        (number, WorkerId(format!("{what}-{number}").into()))
    }
}

/// Starts workers and sweepers of a world.
struct Tasks {
    world: Arc<World>,
    store: Arc<RandomStore>,
    bank: Arc<RandomBank>,
    stop: watch::Sender<bool>,
}

impl Tasks {
    fn delivery(&self) -> Arc<dyn Delivery> {
        let codes = UpstreamCode::parse(super::bank::FINAL).into_iter().collect();
        Arc::new(SetLevelDelivery {
            bank: Arc::clone(&self.bank) as Arc<dyn CoreBank>,
            finals: FinalCodes::parse(codes).expect("200 is not among them"),
            call_lasts: SignedDuration::from_secs(10),
            policy: self.world.policy,
        })
    }

    fn worker(&self) -> JoinHandle<()> {
        let (number, id) = self.world.name("worker");
        self.world.tell(&format!("{} starts", id.0));
        let worker = EffectWorker {
            effects: Arc::clone(&self.store) as Arc<dyn EffectQueue>,
            delivery: self.delivery(),
            clock: Arc::new(self.world.clock.clone()),
            ids: Arc::new(SeededIds::new(self.world.seed ^ (number << 32))),
            // No wake-ups: due effects are found by polling.
            planned: PlannedSignal::default(),
            settings: WorkerSettings {
                id,
                calls: 4,
                poll: Duration::from_secs(1),
                breaker: BreakerSettings::steady(5, SignedDuration::from_secs(30)),
            },
        };
        tokio::spawn(worker.run(self.stop.subscribe()))
    }

    fn sweeper(&self) -> JoinHandle<()> {
        let (number, id) = self.world.name("sweeper");
        let missing = MissingSetLevel {
            upgrades: Arc::clone(&self.store) as Arc<dyn UpgradeStore>,
            policy: Arc::new(samples::policy()),
        };
        let registry = EffectRegistry::default().with(self.delivery());
        let sweeper = Sweeper {
            effects: Arc::clone(&self.store) as Arc<dyn EffectQueue>,
            registry: registry.with_hook(Arc::new(missing)),
            clock: Arc::new(self.world.clock.clone()),
            ids: Arc::new(SeededIds::new(self.world.seed ^ (number << 32))),
            planned: PlannedSignal::default(),
            settings: SweeperSettings {
                id,
                every: Duration::from_secs(1),
                missing_every: Duration::from_secs(60),
            },
        };
        tokio::spawn(sweeper.run(self.stop.subscribe()))
    }

    /// Runs the faults: from time to time a task is aborted and replaced.
    async fn crash_at_random(&self, running: &mut [JoinHandle<()>]) {
        let (chance, until) = (Chance::of(self.world.seed, 1), Instant::now() + STORM);
        while Instant::now() < until {
            tokio::time::sleep(chance.millis(500, 40_000)).await;
            let place = usize::try_from(chance.below(running.len() as u64)).unwrap_or(0);
            running[place].abort();
            self.world.tell(&format!("the one in place {place} dies"));
            self.world.note(|verdict| verdict.crashes += 1);
            running[place] = if place == 0 { self.sweeper() } else { self.worker() };
        }
        self.world.storm.store(false, Ordering::SeqCst);
        self.world.tell("the storm is over");
    }
}

/// Runs this seed and checks the result.
pub(crate) async fn live(seed: u64, plant: Plant) -> Verdict {
    let world = Arc::new(World::new(seed, plant));
    world.driver.passed(1..=CASES - 2).await;
    world.driver.verified(CASES - 1..=CASES).await;
    for forgotten in CASES - 1..=CASES {
        world.driver.orphan(forgotten).await;
    }
    let tasks = Tasks {
        store: Arc::new(RandomStore::of(&world)),
        bank: Arc::new(RandomBank::of(&world)),
        stop: watch::Sender::new(false),
        world: Arc::clone(&world),
    };
    let mut running = vec![tasks.sweeper(), tasks.worker(), tasks.worker()];
    tasks.crash_at_random(&mut running).await;
    let until = Instant::now() + CALM;
    while Instant::now() < until && !oracle::all_is_finished(&world).await {
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    tasks.stop.send_replace(true);
    for one in running {
        if let Err(error) = one.await {
            world.accuse(format!("a task did not stop without an error: {error}"));
        }
    }
    oracle::judge(&world, &tasks.bank.journal()).await;
    let verdict = world.verdict.lock().unwrap_or_else(PoisonError::into_inner);
    Verdict::clone(&verdict)
}
