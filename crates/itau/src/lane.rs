//! One kind of lookup on its way: how many at once, how often again, and when not at all.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use madoguchi_domain::breaker::{Breaker, BreakerSettings};
use madoguchi_domain::port::{Clock, Ids, LookupError, Unavailability};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

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
        Attempt: Future<Output = Result<T, LookupError>>,
    {
        let busy = LookupError::Unavailable(Unavailability::Busy);
        let _place = self.places.try_acquire().map_err(|_| busy)?;
        let turn = timeout_at(until, self.turns.acquire()).await;
        let Some(_turn) = turn.ok().and_then(Result::ok).filter(|_| Instant::now() < until) else {
            return Err(busy);
        };
        let mut tries = 0;
        loop {
            let error = match self.attempt(until, &attempt).await {
                Ok(found) => return Ok(found),
                Err(error) => error,
            };
            let pause = self.ids.jitter().of(self.pause.saturating_mul(1 << tries.min(16)));
            let again = tries < self.repeats && is_worth_repeating(error);
            if !again || Instant::now() + pause >= until {
                return Err(error);
            }
            tries += 1;
            tokio::time::sleep(pause).await;
        }
    }

    async fn attempt<T, Attempt>(
        &self,
        until: Instant,
        attempt: &impl Fn(Instant) -> Attempt,
    ) -> Result<T, LookupError>
    where
        Attempt: Future<Output = Result<T, LookupError>>,
    {
        let pass = Pass::through(self)?;
        let done = attempt(until).await;
        pass.note(done.as_ref().err().copied());
        done
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

/// An attempt that the breaker let through. Dropped without a word, it says nothing about the
/// other side: whoever asked has gone.
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

    fn note(self, error: Option<LookupError>) {
        let mut gate = self.lane.gate();
        match error {
            Some(LookupError::Unavailable(why)) if speaks_of_the_other_side(why) => {
                gate.breaker.failed(self.lane.clock.now());
            }
            // It said something, or nothing at all was sent: either way it is not down.
            Some(LookupError::Unavailable(_)) => {}
            None | Some(_) => gate.breaker.succeeded(),
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

const fn speaks_of_the_other_side(why: Unavailability) -> bool {
    match why {
        Unavailability::Unreachable
        | Unavailability::TimedOut
        | Unavailability::Unreadable
        | Unavailability::Status => true,
        Unavailability::Busy | Unavailability::LeftAlone => false,
    }
}

/// Asking changes nothing, so whatever may be better the next time is asked again.
const fn is_worth_repeating(error: LookupError) -> bool {
    match error {
        LookupError::Unavailable(why) => speaks_of_the_other_side(why),
        LookupError::Refused
        | LookupError::NotFound
        | LookupError::Failed
        | LookupError::Misconfigured => false,
    }
}
