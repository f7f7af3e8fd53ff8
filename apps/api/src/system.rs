//! The system clock and random ids, behind the domain's ports.

use jiff::Timestamp;
use madoguchi_domain::act::Act;
use madoguchi_domain::actor::{ActorKind, ActorRef};
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::effect::Jitter;
use madoguchi_domain::port::{Clock, Ids};
use uuid::Uuid;

/// The system clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter that reads the clock")]
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        // Databases store microseconds: a value must be equal when it is read back.
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}

/// Generates time-ordered UUIDs, and random numbers from their random bits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemIds;

#[expect(clippy::disallowed_methods, reason = "this is the adapter that makes ids")]
fn fresh() -> Uuid {
    Uuid::now_v7()
}

impl Ids for SystemIds {
    fn uuid(&self) -> Uuid {
        fresh()
    }

    fn jitter(&self) -> Jitter {
        // The last 32 bits of a UUID version 7 are random.
        let bytes = fresh().into_bytes();
        let random = u32::from_be_bytes([bytes[12], bytes[13], bytes[14], bytes[15]]);
        Jitter::new(f64::from(random) / f64::from(u32::MAX))
    }
}

/// The act of a program on this host, now.
pub(crate) fn system_act(name: &str) -> Act {
    let by = ActorRef::new(ActorRef::OWN_ISSUER, name, ActorKind::System);
    let correlation = CorrelationId::from_uuid(SystemIds.uuid());
    Act::new(by, SystemClock.now(), correlation)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use madoguchi_testkit::contract::clock::ClockUnderTest;

    use super::*;

    async fn clock() -> ClockUnderTest<SystemClock> {
        // Slightly longer, because timestamps are truncated to microseconds.
        let pass = |_: &SystemClock| std::thread::sleep(Duration::from_millis(3));
        ClockUnderTest { clock: SystemClock, pass }
    }

    madoguchi_testkit::clock_contract!(system: clock());
    madoguchi_testkit::ids_contract!(system: async { SystemIds });
}
