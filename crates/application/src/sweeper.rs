//! The sweeper: derives what is to be done from what is true, so that a lost wake-up, a killed
//! worker or a restored backup loses nothing.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use madoguchi_domain::actor::{ActorKind, ActorRef};
use madoguchi_domain::audit::{Action, AuditEntry, Subject};
use madoguchi_domain::core_bank::{
    Doubt, EffectChange, EffectEvent, EffectPolicy, EffectState, Evidence, Outcome, WorkerId,
};
use madoguchi_domain::port::{Clock, EffectQueue, Ids, Overdue, StoreError, Sweep, UpgradeStore};
use madoguchi_domain::upgrade::{UpgradePolicy, replan};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// How much is swept at once.
const AT_ONCE: u32 = 256;

/// How the sweeper works.
#[derive(Debug, Clone)]
pub struct SweeperSettings {
    /// Its name in the audit audit.
    pub id: WorkerId,
    /// How effects are pursued.
    pub policy: EffectPolicy,
    /// How often leases and settle times are looked at.
    pub every: Duration,
    /// How often the whole table is searched for passed cases without an effect.
    pub orphans_every: Duration,
}

/// Moves on what waits for nobody.
pub struct Sweeper {
    /// Where effects are.
    pub effects: Arc<dyn EffectQueue>,
    /// Where cases are.
    pub upgrades: Arc<dyn UpgradeStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for waiting times.
    pub ids: Arc<dyn Ids>,
    /// Notified when something became due.
    pub planned: Arc<Notify>,
    /// Makes the ids of effects that were missing.
    pub upgrade_policy: Arc<UpgradePolicy>,
    /// How to work.
    pub settings: SweeperSettings,
}

impl fmt::Debug for Sweeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sweeper").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Sweeper {
    /// Sweeps until `stop` says so or is dropped.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut orphans_at = Instant::now();
        let mut failures = 0_u32;
        while !*stop.borrow() {
            let mut swept = self.sweep().await;
            if swept.is_ok() && Instant::now() >= orphans_at {
                swept = self.adopt().await.map(|adopted| adopted + swept.unwrap_or(0));
                // A search that broke off may have been too much for the database: it comes again
                // soon, then less and less often.
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
                told = stop.changed() => if told.is_err() { break },
            }
        }
    }

    /// Moves effects whose lease or settle time is over. Returns how many it tried to move.
    ///
    /// # Errors
    /// When the store cannot.
    pub async fn sweep(&self) -> Result<usize, StoreError> {
        let sweep = Sweep {
            by: self.actor(),
            correlation: self.ids.correlation(),
            now: self.clock.now(),
            limit: AT_ONCE,
        };
        let overdue = self.effects.overdue(&sweep).await?;
        let changes: Vec<EffectChange> =
            overdue.iter().filter_map(|overdue| self.change(overdue)).collect();
        if !changes.is_empty() {
            self.effects.record(&changes).await?;
        }
        Ok(changes.len())
    }

    /// Gives passed cases the effect they lack. Returns how many it tried.
    ///
    /// # Errors
    /// When the store cannot.
    pub async fn adopt(&self) -> Result<usize, StoreError> {
        let orphans = self.effects.orphans(AT_ONCE).await?;
        let (by, now) = (self.actor(), self.clock.now());
        let changes: Vec<_> = orphans
            .iter()
            .filter_map(|orphan| replan(orphan, &self.upgrade_policy, &by, now))
            .collect();
        if !changes.is_empty() {
            tracing::warn!(cases = changes.len(), "passed cases had no effect: planned now");
            self.upgrades.commit(&changes).await?;
        }
        Ok(changes.len())
    }

    fn change(&self, overdue: &Overdue) -> Option<EffectChange> {
        let (now, jitter, effect) = (self.clock.now(), self.ids.jitter(), &overdue.effect);
        let event = overdue.event(now)?;
        let evidence = match (&event, &effect.state) {
            (EffectEvent::LeaseLapsed, EffectState::Sending { worker, .. }) => {
                let outcome = Outcome::Unknown(Doubt::LeaseLapsed);
                Some(Evidence {
                    case: effect.order.case,
                    fence: effect.fence,
                    worker: worker.clone(),
                    outcome: outcome.as_str().to_owned(),
                    detail: outcome.detail().to_owned(),
                    at: now,
                })
            }
            _ => None,
        };
        let after = effect.after(event, &self.settings.policy, now, jitter).ok()?;
        let (case, state) = (effect.order.case, after.state.name());
        tracing::info!(%case, from = %effect.state.name(), %state, "swept");
        let audit = AuditEntry {
            action: Action::EffectMoved,
            subject: Subject::Case(case),
            detail: state.as_str().into(),
            by: self.actor(),
            at: now,
            correlation: self.ids.correlation(),
        };
        let (from, expected) = (effect.state.name(), effect.fence);
        Some(EffectChange { from, expected, after, evidence, audit })
    }

    fn actor(&self) -> ActorRef {
        ActorRef::new("madoguchi", &self.settings.id.0, ActorKind::System)
    }
}
