//! The effect worker: claims effects, sends their orders to the core bank, records the outcomes.

use crate::system_act::system_act;
use madoguchi_domain::act::Act;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_domain::breaker::{Breaker, BreakerSettings};
use madoguchi_domain::core_bank::{
    Answer, Effect, EffectChange, EffectEvent, EffectPolicy, EffectState, Evidence, FinalCodes,
    Outcome, WhyNotSent, WorkerId, classify,
};
use madoguchi_domain::port::{Claim, Clock, CoreBank, EffectQueue, Ids, Recorded, StoreError};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::breaker::notice;

/// Settings of a worker.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    /// Its name, never reused: an outcome belongs to the worker that claimed the effect.
    pub id: WorkerId,
    /// Lease, settle time, retries and limits of effects.
    pub policy: EffectPolicy,
    /// Return codes that are a final refusal.
    pub finals: FinalCodes,
    /// Maximum concurrent calls.
    pub calls: usize,
    /// Interval between polls for work without a wake-up.
    pub poll: Duration,
    /// Maximum duration of a call. No call starts that may outlive its lease, so this must be well
    /// below the lease, which also covers the claim's commit.
    pub call_lasts: SignedDuration,
    /// Settings of the circuit breaker.
    pub breaker: BreakerSettings,
}

/// Sends the orders of due effects to the core bank.
pub struct EffectWorker {
    /// The queue of effects.
    pub effects: Arc<dyn EffectQueue>,
    /// The core bank.
    pub bank: Arc<dyn CoreBank>,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// Random jitter for retries, and correlation ids.
    pub ids: Arc<dyn Ids>,
    /// Notified when an effect was planned. Only an optimisation.
    pub planned: Arc<Notify>,
    /// The settings.
    pub settings: WorkerSettings,
}

impl fmt::Debug for EffectWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EffectWorker").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// A claimed effect and the outcome of its call.
type Seen = (Effect, Outcome);

impl EffectWorker {
    /// Runs until `stop` is set or dropped; then finishes the claimed effects.
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
            // More effects may be due, but no call is free.
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
                reported = stop.changed() => nobody_can_stop_us = reported.is_err(),
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
            act: self.act(),
            limit,
            policy: self.settings.policy,
        };
        self.effects.claim(&claim).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "no effects could be claimed: trying again");
            Vec::new()
        })
    }

    /// Sends the order, unless the lease may end before the call does: then another worker may
    /// send it too.
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

    /// Records outcomes; returns those that the store could not write yet.
    ///
    /// Of two outcomes of one effect, only the older is written now: the port allows one change
    /// per effect in a transaction.
    async fn record(&self, seen: Vec<Seen>) -> Vec<Seen> {
        let mut cases = HashSet::new();
        let (first, mut held): (Vec<Seen>, Vec<Seen>) =
            seen.into_iter().partition(|(effect, _)| cases.insert(effect.order.case));
        match self.write(&first).await {
            Ok(()) => {}
            Err(StoreError::Corrupt(_)) if first.len() > 1 => {
                // Write one by one, so that one unreadable row fails alone.
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
        let (act, jitter) = (self.act(), self.ids.jitter());
        let event = EffectEvent::Answered(outcome.clone());
        let after = effect.after(event, &self.settings.policy, act.at, jitter).ok()?;
        let evidence = Evidence::of(effect, self.settings.id.clone(), outcome, act.at);
        let audit = after.moved(&act);
        let (from, expected) = (effect.state.name(), effect.fence);
        Some(EffectChange { from, expected, after, evidence: Some(evidence), audit })
    }

    fn act(&self) -> Act {
        system_act(&self.settings.id, &*self.clock, &*self.ids)
    }
}

fn log(change: &EffectChange, recorded: Recorded) {
    let case = change.after.order.case;
    let outcome = change.evidence.as_ref().map(|it| it.outcome.as_str());
    let detail = change.evidence.as_ref().map(|it| it.detail.as_str());
    let counted = outcome.unwrap_or("none").to_owned();
    let kind = "set_level";
    metrics::counter!("madoguchi_effect_attempts_total", "kind" => kind, "outcome" => counted)
        .increment(1);
    match recorded {
        Recorded::Written => {
            let state = change.after.state.name();
            tracing::info!(%case, outcome, detail, %state, "sent to the core bank");
        }
        Recorded::FencedOut => {
            tracing::warn!(%case, outcome, detail, "the claim was lost: kept as evidence only");
        }
    }
}
