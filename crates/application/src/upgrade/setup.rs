//! The upgrade service with its tasks, wired: for programs that embed it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_domain::breaker::BreakerSettings;
use madoguchi_domain::effect::{EffectPolicy, WorkerId};
use madoguchi_domain::port::{Clock, CoreBank, Ids};
use madoguchi_domain::upgrade::{FinalCodes, Guarantee, UpgradePolicy};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::lane::{DecisionLane, GroupCommitSettings};
use super::members::MemberService;
use super::missing::MissingSetLevel;
use super::service::UpgradeService;
use super::set_level::SetLevelDelivery;
use crate::stores::UpgradeStores;
use crate::{
    EffectRegistry, EffectWorker, PlannedSignal, Sweeper, SweeperSettings, WorkerSettings,
};

/// What a lease needs beside the call: to claim the order, and to record its outcome.
const BESIDE_THE_CALL: SignedDuration = SignedDuration::from_millis(500);

/// What the upgrade service is built of. Only the options have a default: nobody else knows the
/// rest.
pub struct UpgradeSetup {
    /// The stores, all of one database.
    pub stores: UpgradeStores,
    /// The way to the core bank.
    pub bank: Arc<dyn CoreBank>,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// New ids and jitter.
    pub ids: Arc<dyn Ids>,
    /// The rules of the upgrade.
    pub policy: Arc<UpgradePolicy>,
    /// What the bank guarantees of an order that arrives twice. Claim no more than it does: an
    /// account would be raised twice.
    pub guarantee: Guarantee,
    /// The time limit of one call of `bank`.
    pub call_lasts: SignedDuration,
    /// Everything else.
    pub options: UpgradeOptions,
}

/// Settings of the service and its tasks.
#[derive(Debug, Clone)]
pub struct UpgradeOptions {
    /// The refusals of the bank that are final. None by default: people decide on each.
    pub finals: FinalCodes,
    /// Leases, waits and retries of orders.
    pub effects: EffectPolicy,
    /// Limits of the decision lane.
    pub group_commit: GroupCommitSettings,
    /// Maximum concurrent calls of the bank.
    pub calls: usize,
    /// Interval of the worker's polls for orders that nobody reported.
    pub poll: Duration,
    /// When calls of a failing bank pause.
    pub breaker: BreakerSettings,
    /// Interval between checks of leases and settle times.
    pub sweep_every: Duration,
    /// Interval between searches for passed cases without an order.
    pub missing_every: Duration,
}

impl Default for UpgradeOptions {
    fn default() -> Self {
        let breaker = BreakerSettings {
            failures: 10,
            open_for: SignedDuration::from_secs(5),
            longest: SignedDuration::from_mins(5),
        };
        Self {
            finals: FinalCodes::default(),
            effects: EffectPolicy::standard(),
            group_commit: GroupCommitSettings::default(),
            calls: 16,
            poll: Duration::from_secs(1),
            breaker,
            sweep_every: Duration::from_secs(1),
            missing_every: Duration::from_secs(600),
        }
    }
}

/// The lease of an order must be at least 500 ms longer than a call: set `options.effects.lease`, or
/// a shorter limit of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("options.effects.lease must be at least 500 ms longer than call_lasts")]
pub struct LeaseTooShort;

/// The service, and its running tasks.
pub struct RunningUpgrades {
    /// Decides and reads cases.
    pub service: UpgradeService,
    /// Registers and reads members.
    pub members: MemberService,
    stop: watch::Sender<bool>,
    lane: JoinHandle<()>,
    tasks: [JoinHandle<()>; 2],
}

impl fmt::Debug for UpgradeSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpgradeSetup").field("options", &self.options).finish_non_exhaustive()
    }
}

impl fmt::Debug for RunningUpgrades {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RunningUpgrades")
    }
}

impl UpgradeSetup {
    /// Starts the decision lane, a worker and a sweeper on the current runtime. Their names are new
    /// at each start.
    ///
    /// # Errors
    /// [`LeaseTooShort`]: another worker could send an order that is still being sent.
    pub fn start(self) -> Result<RunningUpgrades, LeaseTooShort> {
        let longest = self.call_lasts.checked_add(BESIDE_THE_CALL).unwrap_or(SignedDuration::MAX);
        if self.options.effects.lease < longest {
            return Err(LeaseTooShort);
        }
        let planned = PlannedSignal::default();
        let (stores, policy) = (&self.stores, &self.policy);
        let (lane, lane_task) = DecisionLane::start(
            Arc::clone(&stores.upgrades),
            Arc::clone(&stores.platform.replays),
            Arc::clone(policy),
            planned.clone(),
            self.options.group_commit,
        );
        let (clock, ids) = (Arc::clone(&self.clock), Arc::clone(&self.ids));
        let (upgrades, policy) = (Arc::clone(&stores.upgrades), Arc::clone(policy));
        let service = UpgradeService::new(lane, upgrades, clock, ids, policy);
        let replays = Arc::clone(&stores.platform.replays);
        let members = MemberService::new(Arc::clone(&stores.members), replays);
        let (stop, stopped) = watch::channel(false);
        let worker = tokio::spawn(self.worker(&planned).run(stopped.clone()));
        let sweeper = tokio::spawn(self.sweeper(planned).run(stopped));
        let tasks = [worker, sweeper];
        Ok(RunningUpgrades { service, members, stop, lane: lane_task, tasks })
    }

    fn delivery(&self) -> Arc<SetLevelDelivery> {
        Arc::new(SetLevelDelivery {
            bank: Arc::clone(&self.bank),
            finals: self.options.finals.clone(),
            call_lasts: self.call_lasts,
            policy: self.guarantee.policy(self.options.effects),
        })
    }

    /// A name that was never used.
    fn name(&self, task: &str) -> WorkerId {
        WorkerId(format!("{task}-{}", self.ids.uuid()).into())
    }

    fn worker(&self, planned: &PlannedSignal) -> EffectWorker {
        EffectWorker {
            effects: Arc::clone(&self.stores.platform.effects),
            delivery: self.delivery(),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
            planned: planned.clone(),
            settings: WorkerSettings {
                id: self.name("worker"),
                calls: self.options.calls,
                poll: self.options.poll,
                breaker: self.options.breaker,
            },
        }
    }

    fn sweeper(&self, planned: PlannedSignal) -> Sweeper {
        let (upgrades, policy) = (Arc::clone(&self.stores.upgrades), Arc::clone(&self.policy));
        let missing = Arc::new(MissingSetLevel { upgrades, policy });
        Sweeper {
            effects: Arc::clone(&self.stores.platform.effects),
            registry: EffectRegistry::default().with(self.delivery()).with_hook(missing),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
            planned,
            settings: SweeperSettings {
                id: self.name("sweeper"),
                every: self.options.sweep_every,
                missing_every: self.options.missing_every,
            },
        }
    }
}

impl RunningUpgrades {
    /// Answers what is queued, finishes the claimed orders, and ends the tasks. Drop your clones of
    /// the service before: the decision lane waits for the last one.
    pub async fn stop(self) {
        drop((self.service, self.members));
        // A task that panicked has logged it.
        let _ = self.lane.await;
        self.stop.send_replace(true);
        for task in self.tasks {
            let _ = task.await;
        }
    }
}
