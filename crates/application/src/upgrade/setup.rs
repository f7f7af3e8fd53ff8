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
    /// The time limit of one call of `bank`, which it keeps by itself.
    pub call_lasts: SignedDuration,
    /// Everything else.
    pub options: UpgradeOptions,
}

/// Settings of the service and its tasks.
#[derive(Debug, Clone)]
pub struct UpgradeOptions {
    /// The refusals of the bank that are final. None by default: people decide on each.
    pub finals: FinalCodes,
    /// Leases, waits and retries of orders. What happens after an unknown outcome, and when to give
    /// up, is not taken from here, but from the `guarantee`.
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

/// Why nothing was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSetup {
    /// Another worker could send an order that is still being sent: set a longer
    /// `options.effects.lease`, or a shorter limit of calls.
    #[error("options.effects.lease must be at least 500 ms longer than call_lasts")]
    LeaseTooShort,
    /// `call_lasts`, or an option that must be more than zero, is zero or negative.
    #[error("{0} must be more than zero")]
    NotPositive(&'static str),
    /// The circuit breaker could never double its pause.
    #[error("options.breaker.longest must be at least options.breaker.open_for")]
    BreakerTooShort,
}

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
    /// See [`InvalidSetup`].
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(self) -> Result<RunningUpgrades, InvalidSetup> {
        self.check()?;
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
        let delivery = self.delivery();
        let worker = self.worker(Arc::clone(&delivery), &planned).run(stopped.clone());
        let sweeper = self.sweeper(delivery, planned).run(stopped);
        let (worker, sweeper) = (tokio::spawn(worker), tokio::spawn(sweeper));
        let tasks = [worker, sweeper];
        Ok(RunningUpgrades { service, members, stop, lane: lane_task, tasks })
    }

    fn check(&self) -> Result<(), InvalidSetup> {
        let UpgradeOptions { group_commit, calls, poll, breaker, effects, .. } = &self.options;
        for (name, is_positive) in [
            ("call_lasts", self.call_lasts.is_positive()),
            ("options.group_commit.max_batch", group_commit.max_batch > 0),
            ("options.group_commit.queue_capacity", group_commit.queue_capacity > 0),
            ("options.group_commit.max_wait", !group_commit.max_wait.is_zero()),
            ("options.calls", *calls > 0),
            ("options.poll", !poll.is_zero()),
            ("options.breaker.failures", breaker.failures > 0),
            ("options.breaker.open_for", breaker.open_for.is_positive()),
            ("options.effects.settle", effects.settle.is_positive()),
            ("options.effects.first_retry", effects.first_retry.is_positive()),
            ("options.effects.longest_retry", effects.longest_retry.is_positive()),
            ("options.effects.ambiguous_tries", effects.ambiguous_tries > 0),
            ("options.effects.ambiguous_for", effects.ambiguous_for.is_positive()),
            ("options.sweep_every", !self.options.sweep_every.is_zero()),
            ("options.missing_every", !self.options.missing_every.is_zero()),
        ] {
            if !is_positive {
                return Err(InvalidSetup::NotPositive(name));
            }
        }
        if breaker.longest < breaker.open_for {
            return Err(InvalidSetup::BreakerTooShort);
        }
        let leaves_time = self.options.effects.leaves_time_for(self.call_lasts);
        if leaves_time { Ok(()) } else { Err(InvalidSetup::LeaseTooShort) }
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

    fn worker(&self, delivery: Arc<SetLevelDelivery>, planned: &PlannedSignal) -> EffectWorker {
        EffectWorker {
            effects: Arc::clone(&self.stores.platform.effects),
            delivery,
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

    fn sweeper(&self, delivery: Arc<SetLevelDelivery>, planned: PlannedSignal) -> Sweeper {
        let (upgrades, policy) = (Arc::clone(&self.stores.upgrades), Arc::clone(&self.policy));
        let missing = Arc::new(MissingSetLevel { upgrades, policy });
        Sweeper {
            effects: Arc::clone(&self.stores.platform.effects),
            registry: EffectRegistry::default().with(delivery).with_hook(missing),
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
    /// the service before: this waits for the last one. If you give up waiting, the clone still
    /// accepts verdicts, whose orders are sent after the next start.
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
