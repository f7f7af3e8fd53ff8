//! The sweeper: derives work from stored state, so that a lost wake-up, a killed worker or a
//! restored backup loses no effect.

use crate::system_act::system_act;
use madoguchi_domain::act::Act;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use madoguchi_domain::core_bank::{
    Doubt, EffectChange, EffectEvent, EffectPolicy, EffectState, Evidence, Outcome, WorkerId,
};
use madoguchi_domain::port::{Clock, EffectQueue, Ids, Overdue, StoreError, Sweep, UpgradeStore};
use madoguchi_domain::upgrade::{UpgradePolicy, replan};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// Maximum effects or cases per sweep.
const AT_ONCE: u32 = 256;

/// Settings of the sweeper.
#[derive(Debug, Clone)]
pub struct SweeperSettings {
    /// Its name in the audit log.
    pub id: WorkerId,
    /// Lease, settle time, retries and limits of effects.
    pub policy: EffectPolicy,
    /// Interval between checks of leases and settle times.
    pub every: Duration,
    /// Interval between full searches for passed cases without an effect.
    pub orphans_every: Duration,
}

/// Applies the state transitions that no worker applies.
pub struct Sweeper {
    /// The effects.
    pub effects: Arc<dyn EffectQueue>,
    /// The cases.
    pub upgrades: Arc<dyn UpgradeStore>,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// Random jitter for retries, and correlation ids.
    pub ids: Arc<dyn Ids>,
    /// Notified when an effect may be due.
    pub planned: Arc<Notify>,
    /// Derives the transaction ids of effects that were missing.
    pub upgrade_policy: Arc<UpgradePolicy>,
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
        let mut orphans_at = Instant::now();
        let mut failures = 0_u32;
        while !*stop.borrow() {
            let mut swept = self.sweep().await;
            if swept.is_ok() && Instant::now() >= orphans_at {
                swept = self.adopt().await.map(|adopted| adopted + swept.unwrap_or(0));
                // A search that failed may have overloaded the database. Retry soon, then with
                // exponential backoff.
                failures = if swept.is_ok() { 0 } else { failures + 1 };
                let soon = self.settings.every.saturating_mul(2_u32.saturating_pow(failures));
                let whole = self.settings.orphans_every;
                orphans_at = Instant::now() + if failures == 0 { whole } else { soon.min(whole) };
            }
            match swept {
                Ok(0) => {}
                Ok(_) => self.planned.notify_one(),
                Err(error) => tracing::warn!(%error, "could not sweep: trying again"),
            }
            tokio::select! {
                () = tokio::time::sleep(self.settings.every) => {}
                changed = stop.changed() => if changed.is_err() { break },
            }
        }
    }

    /// Moves effects whose lease or settle time is over. Returns how many it tried to move.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn sweep(&self) -> Result<usize, StoreError> {
        let sweep = Sweep { act: self.act(), limit: AT_ONCE };
        let overdue = self.effects.overdue(&sweep).await?;
        let changes: Vec<EffectChange> =
            overdue.iter().filter_map(|overdue| self.change(overdue)).collect();
        if !changes.is_empty() {
            self.effects.record(&changes).await?;
        }
        Ok(changes.len())
    }

    /// Plans the missing effects of passed cases. Returns how many it tried.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn adopt(&self) -> Result<usize, StoreError> {
        let orphans = self.effects.orphans(AT_ONCE).await?;
        let act = self.act();
        let changes: Vec<_> = orphans
            .iter()
            .filter_map(|orphan| replan(orphan, &self.upgrade_policy, &act))
            .collect();
        if !changes.is_empty() {
            tracing::warn!(cases = changes.len(), "passed cases had no effect: planned now");
            self.upgrades.commit(&changes).await?;
        }
        Ok(changes.len())
    }

    fn change(&self, overdue: &Overdue) -> Option<EffectChange> {
        let (act, jitter, effect) = (self.act(), self.ids.jitter(), &overdue.effect);
        let event = overdue.event(act.at)?;
        let evidence = match (&event, &effect.state) {
            (EffectEvent::LeaseLapsed, EffectState::Sending { worker, .. }) => {
                let outcome = Outcome::Unknown(Doubt::LeaseLapsed);
                Some(Evidence::of(effect, worker.clone(), &outcome, act.at))
            }
            _ => None,
        };
        let after = effect.after(event, &self.settings.policy, act.at, jitter).ok()?;
        let (case, state) = (effect.order.case, after.state.name());
        tracing::info!(%case, from = %effect.state.name(), %state, "swept");
        let audit = after.moved(&act);
        let (from, expected) = (effect.state.name(), effect.fence);
        Some(EffectChange { from, expected, after, evidence, audit })
    }

    fn act(&self) -> Act {
        system_act(&self.settings.id, &*self.clock, &*self.ids)
    }
}
