//! The sweeper: derives work from stored state, so that a lost wake-up, a killed worker or a
//! restored backup loses no effect.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use madoguchi_domain::act::Act;
use madoguchi_domain::effect::{
    Doubt, Effect, EffectEvent, EffectState, Evidence, Inquired, Outcome, Overdue, Sweep, WorkerId,
};
use madoguchi_domain::port::{Clock, EffectChange, EffectQueue, Ids, Recorded, StoreError};
use tokio::sync::watch;
use tokio::time::Instant;

use super::decided::{decided, record_or_set_aside, report_if_stuck};
use super::inquiries::inquire;
use super::planned_signal::PlannedSignal;
use super::registry::{Delivery, EffectRegistry};
use crate::caught::TaskEnd;
use crate::system_act::system_act;

/// Maximum effects of a kind per sweep, and maximum missing effects per search.
const AT_ONCE: u32 = 256;

/// Settings of the sweeper.
#[derive(Debug, Clone)]
pub struct SweeperSettings {
    /// Its name in the audit log.
    pub id: WorkerId,
    /// Interval between checks of leases and settle times.
    pub every: Duration,
    /// Interval between full searches for missing effects.
    pub missing_every: Duration,
}

/// Applies the state transitions that no worker applies.
pub struct Sweeper {
    /// The effects.
    pub effects: Arc<dyn EffectQueue>,
    /// The kinds of effects, and the hooks that find missing ones.
    pub registry: EffectRegistry,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// Random jitter for retries, and correlation ids.
    pub ids: Arc<dyn Ids>,
    /// Notified when an effect may be due.
    pub planned: PlannedSignal,
    /// The settings.
    pub settings: SweeperSettings,
}

impl fmt::Debug for Sweeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sweeper").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Sweeper {
    /// Sweeps until `stop` is set or dropped.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let _end = TaskEnd("the sweeper");
        let mut missing_at = Instant::now();
        let mut failures = 0_u32;
        while !*stop.borrow() {
            let mut rounds = vec![self.sweep_until(&stop).await];
            let is_down = matches!(rounds[0], Err(StoreError::Unavailable(_)));
            if !is_down && Instant::now() >= missing_at {
                let planned = self.plan_missing().await;
                // A search that failed may have overloaded the database. Retry soon, then with
                // exponential backoff.
                failures = if planned.is_ok() { 0 } else { failures + 1 };
                rounds.push(planned);
                let soon = self.settings.every.saturating_mul(2_u32.saturating_pow(failures));
                let whole = self.settings.missing_every;
                missing_at = Instant::now() + if failures == 0 { whole } else { soon.min(whole) };
            }
            for round in rounds {
                if let Err(error) = round {
                    tracing::warn!(%error, "could not sweep: trying again");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(self.settings.every) => {}
                changed = stop.changed() => if changed.is_err() { break },
            }
        }
    }

    /// Moves effects whose lease or settle time is over, after an inquiry about those that may be
    /// sent again. Returns how many it moved.
    ///
    /// # Errors
    /// See [`StoreError`]. A kind that cannot be swept does not hold back the others.
    pub async fn sweep(&self) -> Result<usize, StoreError> {
        let (_going_on, stop) = watch::channel(false);
        self.sweep_until(&stop).await
    }

    /// The same, which starts no inquiry after `stop`.
    async fn sweep_until(&self, stop: &watch::Receiver<bool>) -> Result<usize, StoreError> {
        let (mut swept, mut failed) = (0, None);
        for delivery in self.registry.deliveries() {
            match self.sweep_kind(delivery, stop).await {
                Ok(moved) => swept += moved,
                Err(error) => failed = Some(error),
            }
        }
        self.wake(swept);
        failed.map_or(Ok(swept), Err)
    }

    async fn sweep_kind(
        &self,
        delivery: &Arc<dyn Delivery>,
        stop: &watch::Receiver<bool>,
    ) -> Result<usize, StoreError> {
        let act = system_act(&self.settings.id, &*self.clock, &*self.ids);
        let (kind, policy, now) = (delivery.kind(), *delivery.policy(), act.at());
        let sweep = Sweep { kind, act, limit: AT_ONCE, policy };
        let mut overdue = self.effects.overdue(&sweep).await?;
        overdue.retain(|one| delivery.supports(&one.effect.order));
        let is_settled = |one: &Overdue| one.event(now) == Some(EffectEvent::Settled);
        let (settled, others): (Vec<_>, Vec<_>) = overdue.into_iter().partition(is_settled);
        let others: Vec<_> = others.into_iter().map(|one| (one, Inquired::NotSupported)).collect();
        // Before the inquiries: nothing else waits for the other system.
        let moved = self.record(&others, &**delivery, &sweep.act).await;
        let settled = inquire(delivery, settled, stop).await;
        let settled = self.record(&settled, &**delivery, &sweep.act).await;
        Ok(moved? + settled?)
    }

    /// Records the events of overdue effects, each with what an inquiry about it found.
    async fn record(
        &self,
        overdue: &[(Overdue, Inquired)],
        delivery: &dyn Delivery,
        act: &Act,
    ) -> Result<usize, StoreError> {
        let (effects, changes): (Vec<&Effect>, Vec<EffectChange>) = overdue
            .iter()
            .filter_map(|(one, found)| Some((&one.effect, self.change(delivery, one, found)?)))
            .unzip();
        if changes.is_empty() {
            return Ok(0);
        }
        match self.effects.record(&changes).await {
            Err(StoreError::Corrupt(_)) => {
                self.record_alone(effects.into_iter().zip(changes), delivery, act).await
            }
            recorded => {
                let all = effects.iter().zip(&changes).zip(recorded?);
                Ok(all.filter(|((effect, change), it)| is_moved(effect, change, *it)).count())
            }
        }
    }

    /// Records changes one by one, so that one corrupt row fails alone.
    async fn record_alone(
        &self,
        changes: impl Iterator<Item = (&Effect, EffectChange)> + Send,
        delivery: &dyn Delivery,
        act: &Act,
    ) -> Result<usize, StoreError> {
        let (mut swept, mut failed) = (0, None);
        for (effect, change) in changes {
            match record_or_set_aside(&*self.effects, effect, change, delivery, act).await {
                Ok(Some((change, recorded))) => {
                    swept += usize::from(is_moved(effect, &change, recorded));
                }
                Ok(None) => {}
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(swept), Err)
    }

    /// Plans missing effects. Returns how many it planned.
    ///
    /// # Errors
    /// See [`StoreError`]. A hook that fails does not hold back the others.
    pub async fn plan_missing(&self) -> Result<usize, StoreError> {
        let (mut planned, mut failed) = (0, None);
        for hook in self.registry.hooks() {
            let act = system_act(&self.settings.id, &*self.clock, &*self.ids);
            match hook.plan_missing(&act, AT_ONCE).await {
                Ok(more) => planned += more,
                Err(error) => failed = Some(error),
            }
        }
        self.wake(planned);
        failed.map_or(Ok(planned), Err)
    }

    fn wake(&self, moved: usize) {
        if moved > 0 {
            self.planned.notify();
        }
    }

    fn change(
        &self,
        delivery: &dyn Delivery,
        overdue: &Overdue,
        found: &Inquired,
    ) -> Option<EffectChange> {
        let act = system_act(&self.settings.id, &*self.clock, &*self.ids);
        let (jitter, effect) = (self.ids.jitter(), &overdue.effect);
        let (event, seen) = match (overdue.event(act.at())?, &effect.state) {
            (EffectEvent::LeaseLapsed, EffectState::Sending { worker, .. }) => {
                let outcome = Outcome::Unknown(Doubt::LeaseLapsed);
                (EffectEvent::LeaseLapsed, Some((worker, outcome)))
            }
            (EffectEvent::Settled, _) => {
                (found.event(), found.evidence().map(|outcome| (&self.settings.id, outcome)))
            }
            (event, _) => (event, None),
        };
        let evidence =
            seen.map(|(worker, outcome)| Evidence::of(effect, worker.clone(), outcome, act.at()));
        decided(delivery, effect, event, evidence, &act, jitter)
    }
}

/// Whether the change was written; logs it then.
fn is_moved(effect: &Effect, change: &EffectChange, recorded: Recorded) -> bool {
    if recorded == Recorded::FencedOut {
        return false;
    }
    let (key, correlation) = (&effect.order.key, effect.correlation.as_str());
    let (from, state) = (effect.state.name(), change.write.after.state.name());
    tracing::info!(kind = %key.kind, id = %key.id, correlation, %from, %state, "swept");
    report_if_stuck(&change.write.after);
    true
}
