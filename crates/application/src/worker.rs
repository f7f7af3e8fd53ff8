//! The effect worker: claims, tells the core bank, writes down what it saw.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_domain::actor::{ActorKind, ActorRef};
use madoguchi_domain::audit::{Action, AuditEntry, Subject};
use madoguchi_domain::breaker::{Breaker, BreakerSettings};
use madoguchi_domain::core_bank::{
    Answer, Effect, EffectChange, EffectEvent, EffectPolicy, EffectState, Evidence, FinalCodes,
    Outcome, WhyNotSent, WorkerId, classify,
};
use madoguchi_domain::port::{Claim, Clock, CoreBank, EffectQueue, Ids, Recorded, StoreError};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::breaker::notice;

/// How a worker works.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    /// Its name, never the same twice: an outcome belongs to the one who claimed.
    pub id: WorkerId,
    /// How effects are pursued.
    pub policy: EffectPolicy,
    /// Which codes refuse for good.
    pub finals: FinalCodes,
    /// The most calls at once.
    pub calls: usize,
    /// How long to wait for a wake-up before looking for work anyway.
    pub poll: Duration,
    /// How long a call may last: none begins that may outlive its claim, so this is well below the
    /// lease, which also has to cover the claim's own commit.
    pub call_lasts: SignedDuration,
    /// When to stop calling for a while.
    pub breaker: BreakerSettings,
}

/// Tells the core bank what is due.
pub struct EffectWorker {
    /// Where effects come from.
    pub effects: Arc<dyn EffectQueue>,
    /// Whom to tell.
    pub bank: Arc<dyn CoreBank>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for waiting times.
    pub ids: Arc<dyn Ids>,
    /// Notified when something was planned. Only an optimisation.
    pub planned: Arc<Notify>,
    /// How to work.
    pub settings: WorkerSettings,
}

impl fmt::Debug for EffectWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EffectWorker").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What came of one claimed effect.
type Seen = (Effect, Outcome);

impl EffectWorker {
    /// Works until `stop` says so or is dropped; then finishes what it has claimed.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        if self.settings.call_lasts >= self.settings.policy.lease {
            tracing::error!("no order can be sent: the lease leaves no time for a call");
        }
        let mut breaker = Breaker::new(self.settings.breaker);
        let mut calls = JoinSet::new();
        let mut seen: Vec<Seen> = Vec::new();
        while !*stop.borrow() {
            let free = self.settings.calls.saturating_sub(calls.len() + seen.len());
            let busy_probing = breaker.is_open() && !calls.is_empty();
            let most = if busy_probing { 0 } else { breaker.allows(free, self.clock.now()) };
            let claimed = self.claim(most).await;
            // There may be more to claim, but nobody to call.
            let full = most > 0 && claimed.len() >= most;
            for effect in claimed {
                calls.spawn(self.call(effect));
            }
            let mut fresh: Vec<Seen> = Vec::new();
            let mut nobody_can_stop_us = false;
            tokio::select! {
                Some(done) = calls.join_next() => fresh.extend(done.ok()),
                () = self.planned.notified(), if !full => {}
                () = tokio::time::sleep(self.settings.poll) => {}
                told = stop.changed() => nobody_can_stop_us = told.is_err(),
            }
            while let Some(done) = calls.try_join_next() {
                fresh.extend(done.ok());
            }
            let now = self.clock.now();
            fresh.iter().for_each(|(_, outcome)| notice(&mut breaker, outcome, now));
            seen.append(&mut fresh);
            seen = self.record(seen).await;
            if nobody_can_stop_us {
                break;
            }
        }
        while let Some(done) = calls.join_next().await {
            seen.extend(done.ok());
        }
        let held = self.record(seen).await;
        let unwritten = self.record(held).await.len();
        if unwritten > 0 {
            tracing::warn!(unwritten, "outcomes could not be written: their leases will lapse");
        }
    }

    async fn claim(&self, most: usize) -> Vec<Effect> {
        let Ok(limit @ 1..) = u32::try_from(most) else {
            return Vec::new();
        };
        let claim = Claim {
            worker: self.settings.id.clone(),
            by: self.actor(),
            correlation: self.ids.correlation(),
            now: self.clock.now(),
            limit,
            policy: self.settings.policy,
        };
        self.effects.claim(&claim).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "no effects could be claimed: trying again");
            Vec::new()
        })
    }

    /// Tells the bank, unless the claim may be over before that is done: then somebody else may be
    /// telling it.
    fn call(&self, effect: Effect) -> impl Future<Output = Seen> + Send + 'static {
        let (bank, clock) = (Arc::clone(&self.bank), Arc::clone(&self.clock));
        let (finals, lasts) = (self.settings.finals.clone(), self.settings.call_lasts);
        async move {
            let over = match &effect.state {
                EffectState::Sending { lease_until, .. } => {
                    lease_until.duration_since(clock.now()) < lasts
                }
                EffectState::Planned { .. }
                | EffectState::Unknown { .. }
                | EffectState::Confirmed
                | EffectState::Rejected { .. }
                | EffectState::Manual => true,
            };
            let answer = if over {
                Answer::NotSent(WhyNotSent::LeaseOver)
            } else {
                bank.set_level(&effect.order).await
            };
            let outcome = classify(&effect.order, &answer, &finals);
            (effect, outcome)
        }
    }

    /// Writes outcomes down; returns those that the store could not take yet.
    ///
    /// Of two outcomes of one effect the older goes first, alone: a store takes one per effect.
    async fn record(&self, seen: Vec<Seen>) -> Vec<Seen> {
        let mut cases = HashSet::new();
        let (first, mut held): (Vec<Seen>, Vec<Seen>) =
            seen.into_iter().partition(|(effect, _)| cases.insert(effect.order.case));
        match self.write(&first).await {
            Ok(()) => {}
            Err(StoreError::Corrupt(_)) if first.len() > 1 => {
                // One poisoned row fails alone.
                for one in first {
                    if let Err(StoreError::Unavailable(_)) =
                        self.write(std::slice::from_ref(&one)).await
                    {
                        held.push(one);
                    }
                }
            }
            Err(StoreError::Corrupt(_)) => {}
            Err(StoreError::Unavailable(_)) => {
                held.splice(..0, first);
            }
        }
        held
    }

    async fn write(&self, seen: &[Seen]) -> Result<(), StoreError> {
        if seen.is_empty() {
            return Ok(());
        }
        let changes: Vec<EffectChange> =
            seen.iter().filter_map(|(effect, outcome)| self.change(effect, outcome)).collect();
        match self.effects.record(&changes).await {
            Ok(recorded) => {
                for (change, recorded) in changes.iter().zip(recorded) {
                    log(change, recorded);
                }
                Ok(())
            }
            Err(error) => {
                tracing::warn!(%error, waiting = seen.len(), "outcomes could not be written yet");
                Err(error)
            }
        }
    }

    fn change(&self, effect: &Effect, outcome: &Outcome) -> Option<EffectChange> {
        let (now, jitter) = (self.clock.now(), self.ids.jitter());
        let event = EffectEvent::Answered(outcome.clone());
        let after = effect.after(event, &self.settings.policy, now, jitter).ok()?;
        let evidence = Evidence {
            case: effect.order.case,
            fence: effect.fence,
            worker: self.settings.id.clone(),
            outcome: outcome.as_str().to_owned(),
            detail: outcome.detail().to_owned(),
            at: now,
        };
        let audit = AuditEntry {
            action: Action::EffectMoved,
            subject: Subject::Case(effect.order.case),
            detail: after.state.name().as_str().into(),
            by: self.actor(),
            at: now,
            correlation: self.ids.correlation(),
        };
        let (from, expected) = (effect.state.name(), effect.fence);
        Some(EffectChange { from, expected, after, evidence: Some(evidence), audit })
    }

    fn actor(&self) -> ActorRef {
        ActorRef::new("madoguchi", &self.settings.id.0, ActorKind::System)
    }
}

fn log(change: &EffectChange, recorded: Recorded) {
    let case = change.after.order.case;
    let outcome = change.evidence.as_ref().map(|it| it.outcome.as_str());
    let detail = change.evidence.as_ref().map(|it| it.detail.as_str());
    let counted = outcome.unwrap_or("none").to_owned();
    metrics::counter!("madoguchi_effect_attempts_total", "outcome" => counted).increment(1);
    match recorded {
        Recorded::Written => {
            let state = change.after.state.name();
            tracing::info!(%case, outcome, detail, %state, "told the core bank");
        }
        Recorded::FencedOut => {
            tracing::warn!(%case, outcome, detail, "the claim was lost: kept as evidence only");
        }
    }
}
