//! Keeps what is known of the replica, for those who read lists, and reports each change of it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use madoguchi_domain::replica::{ReplicaRefusal, ReplicaState};

/// How long the replica is left alone after a list that could not be read from it.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(10);

/// The age of what a replica shows, which grows with time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    lag: Duration,
    known_at: Instant,
}

impl Freshness {
    /// Every commit that was confirmed this long before `now` is shown.
    #[must_use]
    pub fn lag(self, now: Instant) -> Duration {
        self.lag + now.saturating_duration_since(self.known_at)
    }
}

/// What is known of the replica. One task reports it; those who read lists ask.
#[derive(Debug)]
pub struct ReplicaStatus {
    max_lag: Duration,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    state: Option<ReplicaState>,
    at: Instant,
    rests_until: Option<Instant>,
}

impl ReplicaStatus {
    /// Nothing is known at `now`. Lists whose lag is over `max_lag` are read from the primary.
    #[must_use]
    pub fn new(max_lag: Duration, now: Instant) -> Self {
        Self { max_lag, known: Mutex::new(Known { state: None, at: now, rests_until: None }) }
    }

    /// The maximum lag.
    #[must_use]
    pub const fn max_lag(&self) -> Duration {
        self.max_lag
    }

    /// How old a list would be that is read from the replica now; `None` if it may not be.
    #[must_use]
    pub fn usable(&self, now: Instant) -> Option<Freshness> {
        let known = self.known();
        match known.state? {
            ReplicaState::Usable { lag } => Some(Freshness { lag, known_at: known.at })
                .filter(|fresh| fresh.lag(now) <= self.max_lag),
            ReplicaState::Refused { .. } => None,
        }
    }

    /// Why lists are read from the primary at `now`; `None` if they are read from the replica.
    #[must_use]
    pub fn refusal(&self, now: Instant) -> Option<ReplicaRefusal> {
        if self.usable(now).is_some() {
            return None;
        }
        let why = self.known().state.and_then(ReplicaState::refusal);
        Some(why.unwrap_or(ReplicaRefusal::LagUnknown))
    }

    /// Records the state at `now`. After a list that failed, the replica is not used for a while,
    /// whatever it answers.
    pub fn report(&self, now: Instant, state: ReplicaState) {
        let mut known = self.known();
        let lag = state.lag();
        let rests = known.rests_until.is_some_and(|until| now < until);
        let state = match state {
            ReplicaState::Usable { lag } if rests => {
                ReplicaState::Refused { why: ReplicaRefusal::ListFailed, lag: Some(lag) }
            }
            ReplicaState::Usable { .. } | ReplicaState::Refused { .. } => state,
        };
        known.change(now, state);
        drop(known);
        // An unknown lag must trigger the same alarms as a long one.
        let seconds = lag.map_or(f64::INFINITY, |lag| lag.as_secs_f64());
        metrics::gauge!("madoguchi_replica_lag_seconds").set(seconds);
    }

    /// Records that a list could not be read from the replica.
    pub fn list_failed(&self, now: Instant) {
        let mut known = self.known();
        known.rests_until = Some(now + PAUSE_AFTER_FAILURE);
        let lag = known.state.and_then(ReplicaState::lag);
        known.change(now, ReplicaState::Refused { why: ReplicaRefusal::ListFailed, lag });
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn change(&mut self, now: Instant, state: ReplicaState) {
        let before = self.state.map(ReplicaState::refusal);
        (self.state, self.at) = (Some(state), now);
        let after = state.refusal();
        if before == Some(after) {
            return;
        }
        match after {
            Some(why) => {
                let reason = why.as_str();
                tracing::warn!(reason, "lists are read from the primary: see the replica");
            }
            None => tracing::info!("lists are read from the replica"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: Duration = Duration::from_secs(30);

    fn seconds(number: u64) -> Duration {
        Duration::from_secs(number)
    }

    fn status(begun: Instant, lag: u64) -> ReplicaStatus {
        let status = ReplicaStatus::new(MAX, begun);
        status.report(begun, ReplicaState::Usable { lag: seconds(lag) });
        status
    }

    #[test]
    fn what_is_not_known_is_not_used() {
        let begun = Instant::now();
        assert_eq!(ReplicaStatus::new(MAX, begun).usable(begun), None);
    }

    #[test]
    fn a_lag_grows_until_it_is_too_long() {
        let begun = Instant::now();
        let status = status(begun, 3);
        let fresh = status.usable(begun + seconds(5)).unwrap();
        assert_eq!(fresh.lag(begun + seconds(6)), seconds(9));
        assert!(status.usable(begun + seconds(27)).is_some());
        assert_eq!(status.usable(begun + seconds(28)), None, "nothing was reported since");
    }

    #[test]
    fn a_replica_whose_list_failed_rests() {
        let begun = Instant::now();
        let status = status(begun, 1);
        status.list_failed(begun);
        assert_eq!(status.usable(begun), None);
        status.report(begun + seconds(9), ReplicaState::Usable { lag: seconds(1) });
        assert_eq!(status.usable(begun + seconds(9)), None);
        status.report(begun + seconds(10), ReplicaState::Usable { lag: seconds(1) });
        assert!(status.usable(begun + seconds(10)).is_some());
    }

    #[test]
    fn a_refused_replica_is_not_used() {
        let begun = Instant::now();
        let status = status(begun, 1);
        let refused = ReplicaState::Refused { why: ReplicaRefusal::NotAReplica, lag: None };
        status.report(begun, refused);
        assert_eq!(status.usable(begun), None);
    }
}
