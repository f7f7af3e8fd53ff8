//! The effect worker of one kind: claims due effects, delivers them, records the outcomes.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use madoguchi_domain::Timestamp;
use madoguchi_domain::breaker::{Breaker, BreakerSettings};
use madoguchi_domain::effect::{
    Claim, Doubt, Effect, EffectEvent, EffectState, Evidence, Outcome, WhyNotSent, WorkerId,
};
use madoguchi_domain::port::{Clock, EffectChange, EffectQueue, Ids, StoreError};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use super::attempt_log::{log_attempt, log_refused};
use super::breaker::record_outcome;
use super::call_limit::{longest_call, unless_it_hangs};
use super::decided::{decided, record_or_set_aside};
use super::planned_signal::PlannedSignal;
use super::registry::Delivery;
use crate::caught::{TaskEnd, caught};
use crate::system_act::system_act;

/// Settings of a worker.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    /// Its name, never reused: an outcome belongs to the worker that claimed the effect.
    pub id: WorkerId,
    /// Maximum concurrent calls.
    pub calls: usize,
    /// Interval between polls for work without a wake-up.
    pub poll: Duration,
    /// Settings of the circuit breaker.
    pub breaker: BreakerSettings,
}

/// Delivers due effects of one kind.
pub struct EffectWorker {
    /// The queue of effects.
    pub effects: Arc<dyn EffectQueue>,
    /// How the kind is delivered.
    pub delivery: Arc<dyn Delivery>,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// Random jitter for retries, and correlation ids.
    pub ids: Arc<dyn Ids>,
    /// Notified when an effect was planned. Only an optimisation.
    pub planned: PlannedSignal,
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

/// The calls under way, and the outcomes that are not recorded yet.
struct Progress {
    breaker: Breaker,
    calls: JoinSet<Seen>,
    seen: Vec<Seen>,
}

impl EffectWorker {
    /// Runs until `stop` is set or dropped; then finishes the claimed effects.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let _end = TaskEnd("an effect worker");
        if self.delivery.call_lasts() >= self.delivery.policy().lease {
            tracing::error!("no order can be sent: the lease leaves no time for a call");
        }
        let (mut progress, mut planned) = (self.progress(), self.planned.listen());
        while !*stop.borrow() {
            let full = self.start_calls(&mut progress).await;
            let mut nobody_can_stop_us = false;
            tokio::select! {
                Some(done) = progress.calls.join_next() => {
                    progress.observe(done.ok(), self.clock.now());
                }
                () = planned.next(), if !full => {}
                () = tokio::time::sleep(self.settings.poll) => {}
                reported = stop.changed() => nobody_can_stop_us = reported.is_err(),
            }
            self.record_finished(&mut progress).await;
            if nobody_can_stop_us {
                break;
            }
        }
        self.finish(progress).await;
    }

    /// Claims what is due now, delivers it, and records the outcomes; returns how many effects it
    /// claimed. For tests: it has no circuit breaker, and drops outcomes that the store refuses
    /// twice.
    pub async fn step(&self) -> usize {
        let mut progress = self.progress();
        self.start_calls(&mut progress).await;
        let claimed = progress.calls.len();
        self.finish(progress).await;
        claimed
    }

    fn progress(&self) -> Progress {
        let breaker = Breaker::new(self.settings.breaker);
        Progress { breaker, calls: JoinSet::new(), seen: Vec::new() }
    }

    /// Claims as many effects as calls are free, and starts their calls. True if more may be due.
    async fn start_calls(&self, progress: &mut Progress) -> bool {
        let busy = progress.calls.len() + progress.seen.len();
        let free = self.settings.calls.saturating_sub(busy);
        let is_probing = progress.breaker.is_open() && !progress.calls.is_empty();
        let most = if is_probing { 0 } else { progress.breaker.allows(free, self.clock.now()) };
        let claimed = self.claim(most).await;
        let full = most > 0 && claimed.len() >= most;
        for effect in claimed {
            progress.calls.spawn(self.call(effect));
        }
        full
    }

    /// Records the outcomes of all finished calls.
    async fn record_finished(&self, progress: &mut Progress) {
        while let Some(done) = progress.calls.try_join_next() {
            progress.observe(done.ok(), self.clock.now());
        }
        let seen = std::mem::take(&mut progress.seen);
        progress.seen = self.record(seen).await;
    }

    /// Waits for the calls under way and records their outcomes.
    async fn finish(&self, mut progress: Progress) {
        let until = Instant::now() + longest_call(&*self.delivery);
        while let Ok(Some(done)) = timeout_at(until, progress.calls.join_next()).await {
            progress.observe(done.ok(), self.clock.now());
        }
        let hanging = progress.calls.len();
        if hanging > 0 {
            tracing::error!(hanging, "calls outlived their limit: their leases will lapse");
        }
        let held = self.record(progress.seen).await;
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
            kind: self.delivery.kind(),
            worker: self.settings.id.clone(),
            act: system_act(&self.settings.id, &*self.clock, &*self.ids),
            limit,
            policy: *self.delivery.policy(),
        };
        caught(self.effects.claim(&claim)).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "no effects could be claimed: trying again");
            Vec::new()
        })
    }

    /// Delivers the effect, unless the lease may end before the call does: then another worker may
    /// deliver it too.
    fn call(&self, effect: Effect) -> impl Future<Output = Seen> + Send + 'static {
        let (delivery, clock) = (Arc::clone(&self.delivery), Arc::clone(&self.clock));
        let lasts = delivery.call_lasts();
        let (key, correlation) = (&effect.order.key, effect.correlation.as_str());
        let span = tracing::info_span!("delivery", effect = %key, correlation);
        let call = async move {
            let in_time = match &effect.state {
                EffectState::Sending { lease_until, .. } => {
                    lease_until.duration_since(clock.now()) >= lasts
                }
                EffectState::Planned { .. }
                | EffectState::Unknown { .. }
                | EffectState::Confirmed
                | EffectState::Rejected { .. }
                | EffectState::Cancelled { .. }
                | EffectState::Manual => false,
            };
            let outcome = if !delivery.supports(&effect.order) {
                Outcome::NotSent(WhyNotSent::NotSupported)
            } else if in_time {
                let outcome = unless_it_hangs(&*delivery, delivery.deliver(&effect)).await;
                outcome.unwrap_or(Outcome::Unknown(Doubt::TimedOut))
            } else {
                Outcome::NotSent(WhyNotSent::LeaseOver)
            };
            (effect, outcome)
        };
        call.instrument(span)
    }

    /// Records outcomes; returns those that the store could not write yet.
    ///
    /// Of two outcomes of one effect, only the older is written now: the port allows one change
    /// per effect in a transaction.
    async fn record(&self, seen: Vec<Seen>) -> Vec<Seen> {
        let mut keys = HashSet::new();
        let (first, mut held): (Vec<Seen>, Vec<Seen>) =
            seen.into_iter().partition(|(effect, _)| keys.insert(effect.order.key.clone()));
        match self.write(&first).await {
            Ok(()) => {}
            Err(StoreError::Corrupt(_)) => {
                // Write one by one, so that one corrupt row fails alone.
                for one in first {
                    match self.write_alone(&one).await {
                        Ok(()) => {}
                        Err(StoreError::Unavailable(_)) => held.push(one),
                        Err(StoreError::Corrupt(place)) => log_refused(&one, place),
                    }
                }
            }
            Err(StoreError::Unavailable(_)) => {
                held.splice(..0, first);
            }
        }
        held
    }

    async fn write(&self, seen: &[Seen]) -> Result<(), StoreError> {
        let changes: Vec<EffectChange> =
            seen.iter().filter_map(|(effect, outcome)| self.change(effect, outcome)).collect();
        if changes.is_empty() {
            return Ok(());
        }
        match caught(self.effects.record(&changes)).await {
            Ok(recorded) => {
                for (change, recorded) in changes.iter().zip(recorded) {
                    log_attempt(change, recorded);
                }
                Ok(())
            }
            Err(error) => {
                tracing::warn!(%error, waiting = seen.len(), "outcomes could not be written yet");
                Err(error)
            }
        }
    }

    async fn write_alone(&self, (effect, outcome): &Seen) -> Result<(), StoreError> {
        let Some(change) = self.change(effect, outcome) else { return Ok(()) };
        let act = system_act(&self.settings.id, &*self.clock, &*self.ids);
        let delivery = &*self.delivery;
        let done = record_or_set_aside(&*self.effects, effect, change, delivery, &act).await?;
        if let Some((change, recorded)) = done {
            log_attempt(&change, recorded);
        }
        Ok(())
    }

    fn change(&self, effect: &Effect, outcome: &Outcome) -> Option<EffectChange> {
        let act = system_act(&self.settings.id, &*self.clock, &*self.ids);
        let evidence = Evidence::of(effect, self.settings.id.clone(), outcome.clone(), act.at());
        let event = EffectEvent::Answered(outcome.clone());
        decided(&*self.delivery, effect, event, Some(evidence), &act, self.ids.jitter())
    }
}

impl Progress {
    fn observe(&mut self, done: Option<Seen>, now: Timestamp) {
        if let Some((effect, outcome)) = done {
            record_outcome(&mut self.breaker, &outcome, now);
            self.seen.push((effect, outcome));
        }
    }
}
