//! Maps an outcome to a circuit breaker event.

use madoguchi_domain::Timestamp;
use madoguchi_domain::breaker::Breaker;
use madoguchi_domain::effect::{Doubt, Outcome, WhyNotSent};

/// Records the outcome of a call in the circuit breaker.
pub(super) fn record_outcome(breaker: &mut Breaker, outcome: &Outcome, now: Timestamp) {
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
    matches!(
        outcome,
        Outcome::Withdrawn(_)
            | Outcome::NotDue(_)
            | Outcome::NotSent(
                WhyNotSent::NotEncodable
                    | WhyNotSent::NotChecked
                    | WhyNotSent::LeaseOver
                    | WhyNotSent::NotSupported
            )
    )
}

/// True if the call failed at the transport or HTTP level.
const fn is_failure(outcome: &Outcome) -> bool {
    match outcome {
        // One that says "later" has answered.
        Outcome::NotSent(why) => !matches!(why, WhyNotSent::Deferred),
        Outcome::Unknown(doubt) => {
            matches!(doubt, Doubt::ConnectionLost | Doubt::TimedOut | Doubt::Status)
        }
        Outcome::Applied
        | Outcome::Shown(_)
        | Outcome::Refused(_)
        | Outcome::NotDue(_)
        | Outcome::Withdrawn(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::breaker::BreakerSettings;
    use madoguchi_domain::effect::{CancelReason, UpstreamCode};

    use super::*;

    const SETTINGS: BreakerSettings =
        BreakerSettings::steady(3, jiff::SignedDuration::from_secs(30));

    #[test]
    fn only_failures_in_a_row_open_it() {
        let mut breaker = Breaker::new(SETTINGS);
        let now = Timestamp::UNIX_EPOCH;
        let code = UpstreamCode::parse("E-CLOSED").unwrap();
        let said = [
            Outcome::Applied,
            Outcome::Refused(code),
            Outcome::NotSent(WhyNotSent::Deferred),
            Outcome::Unknown(Doubt::UnlistedCode),
        ];
        for outcome in said {
            for _ in 0..2 {
                record_outcome(&mut breaker, &Outcome::Unknown(Doubt::TimedOut), now);
            }
            record_outcome(&mut breaker, &outcome, now);
            assert_eq!(breaker.allows(16, now), 16, "{outcome:?}");
        }
        for doubt in [Doubt::TimedOut, Doubt::ConnectionLost, Doubt::Status] {
            assert_eq!(breaker.allows(16, now), 16);
            record_outcome(&mut breaker, &Outcome::Unknown(doubt), now);
        }
        assert_eq!(breaker.allows(16, now), 0);
    }

    #[test]
    fn what_says_nothing_about_the_bank_does_not_open_it() {
        let ours = [
            Outcome::NotSent(WhyNotSent::NotEncodable),
            Outcome::NotSent(WhyNotSent::NotChecked),
            Outcome::NotDue(Timestamp::UNIX_EPOCH),
            Outcome::NotSent(WhyNotSent::LeaseOver),
            Outcome::NotSent(WhyNotSent::NotSupported),
            Outcome::Withdrawn(CancelReason::of("answered")),
        ];
        for outcome in ours {
            let mut breaker = Breaker::new(SETTINGS);
            let now = Timestamp::UNIX_EPOCH;
            for _ in 0..10 {
                record_outcome(&mut breaker, &outcome, now);
            }
            assert_eq!(breaker.allows(16, now), 16, "{outcome:?}");
        }
    }
}
