//! Limits one kind of lookup: bulkhead, retries and circuit breaker.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use madoguchi_domain::breaker::{Breaker, BreakerSettings};
use madoguchi_domain::port::{Clock, Ids, LookupError, Unavailability};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::attempt::{AttemptError, BUSY, Evidence};
use crate::settings::ItauSettings;

/// The bulkhead, the retries and the circuit breaker of one kind of lookup.
pub(crate) struct Guard {
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
    pub(crate) fn new(settings: &ItauSettings, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        let ItauSettings { max_concurrent_calls, max_queue, max_retries, pause, breaker, .. } =
            *settings;
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
    pub(crate) async fn ask<T, Attempt>(
        &self,
        until: Instant,
        attempt: impl Fn(Instant) -> Attempt,
    ) -> Result<T, LookupError>
    where
        Attempt: Future<Output = Result<T, AttemptError>>,
    {
        let timeout = until.saturating_duration_since(Instant::now());
        let _queue_slot = self.queue_slots.try_acquire().map_err(|_| BUSY.error)?;
        let call_slot = timeout_at(until, self.call_slots.acquire()).await;
        let left = until.saturating_duration_since(Instant::now());
        let Some(_call_slot) = call_slot.ok().and_then(Result::ok).filter(|_| !left.is_zero())
        else {
            return Err(BUSY.error);
        };
        let permit = Permit::through(self)?;
        let max_retries = if permit.probes { 0 } else { self.max_retries };
        let done = self.repeatedly(max_retries, until, &attempt).await;
        // After a long wait in our queue, a timeout says nothing about the upstream.
        let fair = left >= timeout / 2;
        permit.record(
            done.as_ref().map_or_else(|attempt_error| attempt_error.tells, |_| Evidence::There),
            fair,
        );
        done.map_err(|attempt_error| attempt_error.error)
    }

    async fn repeatedly<T, Attempt>(
        &self,
        max_retries: u32,
        until: Instant,
        attempt: &impl Fn(Instant) -> Attempt,
    ) -> Result<T, AttemptError>
    where
        Attempt: Future<Output = Result<T, AttemptError>>,
    {
        let mut tries = 0;
        loop {
            let attempt_error = match attempt(until).await {
                // A lookup is read-only, so a retry is safe.
                Err(attempt_error)
                    if tries < max_retries && attempt_error.tells == Evidence::Failing =>
                {
                    attempt_error
                }
                done => return done,
            };
            let pause = self.ids.jitter().of(self.pause.saturating_mul(1 << tries.min(16)));
            if Instant::now() + pause >= until {
                return Err(attempt_error);
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

/// A lookup that the breaker allowed. If the caller cancels, it is dropped and the breaker learns
/// nothing about the upstream.
struct Permit<'a> {
    guard: &'a Guard,
    probes: bool,
}

impl<'a> Permit<'a> {
    fn through(guard: &'a Guard) -> Result<Self, LookupError> {
        let mut gate = guard.gate();
        let probes = gate.breaker.is_open();
        let allowed = gate.breaker.allows(1, guard.clock.now()) == 1;
        if !allowed || probes && gate.probing {
            return Err(LookupError::Unavailable(Unavailability::CircuitOpen));
        }
        gate.probing |= probes;
        Ok(Self { guard, probes })
    }

    /// Records the result of the whole lookup; `fair` is whether it had at least half its timeout.
    fn record(self, tells: Evidence, fair: bool) {
        let (mut gate, now) = (self.guard.gate(), self.guard.clock.now());
        match tells {
            Evidence::There => gate.breaker.succeeded(),
            Evidence::Failing | Evidence::Resting => gate.breaker.failed(now),
            Evidence::Late if fair => gate.breaker.failed(now),
            Evidence::Late | Evidence::Nothing if self.probes => gate.breaker.learned_nothing(now),
            Evidence::Late | Evidence::Nothing => {}
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
