//! Maps a core-bank outcome to a circuit breaker event.

use madoguchi_domain::Timestamp;
use madoguchi_domain::breaker::Breaker;
use madoguchi_domain::core_bank::{Doubt, Outcome, WhyNotSent};

/// Records the outcome of a call in the circuit breaker.
///
/// ```
/// # use madoguchi_application::notice;
/// # use madoguchi_domain::breaker::{Breaker, BreakerSettings};
/// # use madoguchi_domain::core_bank::{Doubt, Outcome};
/// # use madoguchi_domain::Timestamp;
/// let settings = BreakerSettings::steady(1, jiff::SignedDuration::from_secs(10));
/// let (mut breaker, now) = (Breaker::new(settings), Timestamp::UNIX_EPOCH);
/// notice(&mut breaker, &Outcome::Unknown(Doubt::TimedOut), now);
/// assert!(breaker.is_open());
/// notice(&mut breaker, &Outcome::Applied, now);
/// assert!(!breaker.is_open());
/// ```
pub fn notice(breaker: &mut Breaker, outcome: &Outcome, now: Timestamp) {
    if is_our_own(outcome) {
        return;
    }
    if is_failure(outcome) {
        breaker.failed(now);
    } else {
        breaker.succeeded();
    }
}

/// True if the call ended before the upstream was involved.
const fn is_our_own(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::NotSent(WhyNotSent::NotEncodable | WhyNotSent::LeaseOver))
}

/// True if the call failed at the transport or HTTP level.
const fn is_failure(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::NotSent(_) => true,
        Outcome::Unknown(doubt) => {
            matches!(doubt, Doubt::ConnectionLost | Doubt::TimedOut | Doubt::Status)
        }
        Outcome::Applied | Outcome::Refused(_) => false,
    }
}
