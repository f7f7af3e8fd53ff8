//! One kind of lookup on its way: how many at once, how often again, and when not at all.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use madoguchi_domain::breaker::{Breaker, BreakerSettings};
use madoguchi_domain::port::{Clock, Ids, LookupError, Unavailability};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::setback::{BUSY, Evidence, Setback};
use crate::settings::ItauSettings;

/// What is under way of one kind of lookup.
pub(crate) struct Lane {
    places: Semaphore,
    turns: Semaphore,
    gate: Mutex<Gate>,
    repeats: u32,
    pause: Duration,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

struct Gate {
    breaker: Breaker,
    probing: bool,
}

impl Lane {
    pub(crate) fn new(settings: &ItauSettings, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        let ItauSettings { at_once, waiting, repeats, pause, breaker, .. } = *settings;
        Self {
            places: Semaphore::new(at_once.saturating_add(waiting)),
            turns: Semaphore::new(at_once),
            gate: Mutex::new(Gate::new(breaker)),
            repeats,
            pause,
            clock,
            ids,
        }
    }

    /// Asks until there is an answer, the repetitions are used up, or `until` has come. Each
    /// attempt is told until when it may take.
    pub(crate) async fn ask<T, Attempt>(
        &self,
        until: Instant,
        attempt: impl Fn(Instant) -> Attempt,
    ) -> Result<T, LookupError>
    where
        Attempt: Future<Output = Result<T, Setback>>,
    {
        let patience = until.saturating_duration_since(Instant::now());
        let _place = self.places.try_acquire().map_err(|_| BUSY.error)?;
        let turn = timeout_at(until, self.turns.acquire()).await;
        let left = until.saturating_duration_since(Instant::now());
        let Some(_turn) = turn.ok().and_then(Result::ok).filter(|_| !left.is_zero()) else {
            return Err(BUSY.error);
        };
        let pass = Pass::through(self)?;
        let repeats = if pass.probes { 0 } else { self.repeats };
        let done = self.repeatedly(repeats, until, &attempt).await;
        // What waited here for most of its time says nothing about the other side.
        let fair = left >= patience / 2;
        pass.note(done.as_ref().map_or_else(|setback| setback.tells, |_| Evidence::There), fair);
        done.map_err(|setback| setback.error)
    }

    async fn repeatedly<T, Attempt>(
        &self,
        repeats: u32,
        until: Instant,
        attempt: &impl Fn(Instant) -> Attempt,
    ) -> Result<T, Setback>
    where
        Attempt: Future<Output = Result<T, Setback>>,
    {
        let mut tries = 0;
        loop {
            let setback = match attempt(until).await {
                // Asking changes nothing, so what may be better a moment later is asked again.
                Err(setback) if tries < repeats && setback.tells == Evidence::Failing => setback,
                done => return done,
            };
            let pause = self.ids.jitter().of(self.pause.saturating_mul(1 << tries.min(16)));
            if Instant::now() + pause >= until {
                return Err(setback);
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

/// A lookup that the breaker let through. Dropped without a word, it says nothing about the other
/// side: whoever asked has gone.
struct Pass<'a> {
    lane: &'a Lane,
    probes: bool,
}

impl<'a> Pass<'a> {
    fn through(lane: &'a Lane) -> Result<Self, LookupError> {
        let mut gate = lane.gate();
        let probes = gate.breaker.is_open();
        let allowed = gate.breaker.allows(1, lane.clock.now()) == 1;
        if !allowed || probes && gate.probing {
            return Err(LookupError::Unavailable(Unavailability::LeftAlone));
        }
        gate.probing |= probes;
        Ok(Self { lane, probes })
    }

    /// Tells the breaker how the whole lookup ended; `fair` is whether it had time enough.
    fn note(self, tells: Evidence, fair: bool) {
        let (mut gate, now) = (self.lane.gate(), self.lane.clock.now());
        match tells {
            Evidence::There => gate.breaker.succeeded(),
            Evidence::Failing | Evidence::Resting => gate.breaker.failed(now),
            Evidence::Late if fair => gate.breaker.failed(now),
            Evidence::Late | Evidence::Nothing if self.probes => gate.breaker.learned_nothing(now),
            Evidence::Late | Evidence::Nothing => {}
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.probes {
            self.lane.gate().probing = false;
        }
    }
}
