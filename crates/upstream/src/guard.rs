//! Limits one kind of call: bulkhead, retries and circuit breaker.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_domain::breaker::{Breaker, BreakerSettings};
use madoguchi_domain::port::{Clock, Ids};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// The limits of one kind of call.
#[derive(Debug, Clone, Copy)]
pub struct GuardSettings {
    /// The maximum retries of a failed call, for calls that are safe to repeat.
    pub max_retries: u32,
    /// The maximum backoff before the first retry, doubled for each next one.
    pub pause: Duration,
    /// The maximum concurrent calls.
    pub max_concurrent_calls: usize,
    /// The maximum queued calls; more are rejected.
    pub max_queue: usize,
    /// The circuit breaker.
    pub breaker: BreakerSettings,
}

impl GuardSettings {
    /// Rejects limits that cannot work or would overflow.
    ///
    /// # Errors
    /// The setting to correct, and its bounds.
    pub fn check(&self) -> Result<(), &'static str> {
        let most = 1_000_000;
        if self.max_concurrent_calls == 0
            || self.max_concurrent_calls > most
            || self.max_queue > most
        {
            return Err("max_concurrent_calls must be 1 to 1000000, max_queue at most that");
        }
        if self.pause > Duration::from_secs(60) {
            return Err("pause must be at most 60 s");
        }
        let BreakerSettings { failures, open_for, longest } = self.breaker;
        let day = SignedDuration::from_hours(24);
        if failures == 0 || open_for <= SignedDuration::ZERO || longest < open_for || longest > day
        {
            return Err(
                "breaker.failures must be at least 1, breaker.open_for above 0 and at most \
                        breaker.longest, and that at most 24 h",
            );
        }
        Ok(())
    }
}

/// What the result of an attempt means for the health of the upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptEvidence {
    /// It works: the answer is clear.
    There,
    /// It failed, and an immediate retry may succeed.
    Failing,
    /// It failed and sent `Retry-After`, so there is no immediate retry.
    Resting,
    /// It did not answer before the timeout.
    Late,
    /// The result says nothing about its health.
    Nothing,
}

/// The error of an attempt.
pub trait FailedAttempt {
    /// What it means for the health of the upstream.
    fn evidence(&self) -> AttemptEvidence;
}

/// Why a call has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardError<E> {
    /// The bulkhead and its queue are full: nothing was sent.
    Busy,
    /// The circuit breaker is open: nothing was sent.
    CircuitOpen,
    /// The last attempt failed.
    Failed(E),
}

/// The bulkhead, the retries and the circuit breaker of one kind of call.
pub struct Guard {
    queue_slots: Semaphore,
    call_slots: Semaphore,
    gate: Mutex<Gate>,
    max_retries: u32,
    pause: Duration,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

struct Gate {
    breaker: Breaker,
    probing: bool,
}

impl Guard {
    /// A guard with these limits, which the caller has checked.
    #[must_use]
    pub fn new(settings: GuardSettings, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        let GuardSettings { max_concurrent_calls, max_queue, max_retries, pause, breaker } =
            settings;
        Self {
            queue_slots: Semaphore::new(max_concurrent_calls.saturating_add(max_queue)),
            call_slots: Semaphore::new(max_concurrent_calls),
            gate: Mutex::new(Gate::new(breaker)),
            max_retries,
            pause,
            clock,
            ids,
        }
    }

    /// Runs attempts until one succeeds, the retries are used up, or `until` is reached. Each
    /// attempt gets `until` as its deadline.
    ///
    /// # Errors
    /// See [`GuardError`].
    pub async fn ask<T, E, Attempt>(
        &self,
        until: Instant,
        attempt: impl Fn(Instant) -> Attempt,
    ) -> Result<T, GuardError<E>>
    where
        E: FailedAttempt,
        Attempt: Future<Output = Result<T, E>>,
    {
        let timeout = until.saturating_duration_since(Instant::now());
        let _queue_slot = self.queue_slots.try_acquire().map_err(|_| GuardError::Busy)?;
        let call_slot = timeout_at(until, self.call_slots.acquire()).await;
        let left = until.saturating_duration_since(Instant::now());
        let Some(_call_slot) = call_slot.ok().and_then(Result::ok).filter(|_| !left.is_zero())
        else {
            return Err(GuardError::Busy);
        };
        let permit = Permit::through(self).ok_or(GuardError::CircuitOpen)?;
        let max_retries = if permit.probes { 0 } else { self.max_retries };
        let done = self.repeatedly(max_retries, until, &attempt).await;
        // After a long wait in our queue, a timeout says nothing about the upstream.
        let fair = left >= timeout / 2;
        permit.record(done.as_ref().map_or_else(E::evidence, |_| AttemptEvidence::There), fair);
        done.map_err(GuardError::Failed)
    }

    async fn repeatedly<T, E, Attempt>(
        &self,
        max_retries: u32,
        until: Instant,
        attempt: &impl Fn(Instant) -> Attempt,
    ) -> Result<T, E>
    where
        E: FailedAttempt,
        Attempt: Future<Output = Result<T, E>>,
    {
        let mut tries = 0;
        loop {
            let error = match attempt(until).await {
                Err(error)
                    if tries < max_retries && error.evidence() == AttemptEvidence::Failing =>
                {
                    error
                }
                done => return done,
            };
            let pause = self.ids.jitter().of(self.pause.saturating_mul(1 << tries.min(16)));
            if Instant::now() + pause >= until {
                return Err(error);
            }
            tries += 1;
            tokio::time::sleep(pause).await;
        }
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gate {
    const fn new(settings: BreakerSettings) -> Self {
        Self { breaker: Breaker::new(settings), probing: false }
    }
}

/// A call that the breaker allowed. If the caller cancels, it is dropped and the breaker learns
/// nothing about the upstream.
struct Permit<'a> {
    guard: &'a Guard,
    probes: bool,
}

impl<'a> Permit<'a> {
    fn through(guard: &'a Guard) -> Option<Self> {
        let mut gate = guard.gate();
        let probes = gate.breaker.is_open();
        let allowed = gate.breaker.allows(1, guard.clock.now()) == 1;
        if !allowed || probes && gate.probing {
            return None;
        }
        gate.probing |= probes;
        Some(Self { guard, probes })
    }

    /// Records the result of the whole call; `fair` is whether it had at least half its timeout.
    fn record(self, evidence: AttemptEvidence, fair: bool) {
        let (mut gate, now) = (self.guard.gate(), self.guard.clock.now());
        match evidence {
            AttemptEvidence::There => gate.breaker.succeeded(),
            AttemptEvidence::Failing | AttemptEvidence::Resting => gate.breaker.failed(now),
            AttemptEvidence::Late if fair => gate.breaker.failed(now),
            AttemptEvidence::Late | AttemptEvidence::Nothing if self.probes => {
                gate.breaker.learned_nothing(now)
            }
            AttemptEvidence::Late | AttemptEvidence::Nothing => {}
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.probes {
            self.guard.gate().probing = false;
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("max_retries", &self.max_retries).finish_non_exhaustive()
    }
}
