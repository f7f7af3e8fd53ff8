//! The context of every action: actor, time and request.

use jiff::SignedDuration;

use crate::Timestamp;
use crate::actor::ActorRef;
use crate::correlation::CorrelationId;

/// Actor, time and request of an action; stored in history, audit log and effects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// The actor.
    pub by: ActorRef,
    /// Who called in the name of the actor, if not the actor itself. Stored in the audit log only:
    /// to all rules it is the actor who acts.
    pub through: Option<ActorRef>,
    at: Timestamp,
    /// The request's correlation id.
    pub correlation: CorrelationId,
}

impl Act {
    /// An act at this time, cut to whole microseconds: a database stores no more, and what it gives
    /// back must equal what was decided.
    #[must_use]
    pub fn new(by: ActorRef, at: Timestamp, correlation: CorrelationId) -> Self {
        Self { by, through: None, at: whole_micros(at), correlation }
    }

    /// The time: UTC, whole microseconds.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// The same act, called by somebody in the name of the actor.
    #[must_use]
    pub fn with_through(self, through: Option<ActorRef>) -> Self {
        Self { through, ..self }
    }

    /// The same act at another time.
    #[must_use]
    pub fn with_time(self, at: Timestamp) -> Self {
        Self { at: whole_micros(at), ..self }
    }

    /// The act as everything but the audit log stores it.
    #[must_use]
    pub fn without_through(&self) -> Self {
        Self { through: None, ..self.clone() }
    }
}

/// The time without what a database does not store.
fn whole_micros(at: Timestamp) -> Timestamp {
    at - SignedDuration::from_nanos(i64::from(at.subsec_nanosecond() % 1000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::ActorKind;

    #[test]
    fn an_act_has_whole_microseconds_and_who_called() {
        let by = ActorRef::new("idp", "agent", ActorKind::Human);
        let fine: Timestamp = "2026-11-30T09:00:00.123456789Z".parse().unwrap();
        let stored: Timestamp = "2026-11-30T09:00:00.123456Z".parse().unwrap();
        let act = Act::new(by, fine, CorrelationId::parse("c").unwrap());
        assert_eq!((act.at(), act.clone().with_time(fine).at()), (stored, stored));
        let gateway = ActorRef::new("idp", "gateway", ActorKind::System);
        let through = act.clone().with_through(Some(gateway.clone()));
        assert_eq!((&through.through, through.at()), (&Some(gateway), stored));
        assert_eq!(through.without_through(), act);
        assert_eq!(act.with_time(Timestamp::MAX).at().subsec_nanosecond() % 1000, 0);
        assert_eq!(whole_micros(Timestamp::MIN).subsec_nanosecond() % 1000, 0);
    }
}
