//! Applications and when they completed.

use jiff::SignedDuration;

use crate::Timestamp;
use crate::act::Act;
use crate::contact::{ApplicationId, Mark, stored_time};
use crate::field::InvalidField;

use super::{JapanDay, RetentionRefusal};

/// How far the clock of a client may be ahead of ours.
const CLOCK_AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// An application that a contact names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its id.
    pub id: ApplicationId,
    /// When it completed, if it did.
    pub completion: Option<Completion>,
}

/// That an application completed. It is never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The day in Japan.
    pub on: JapanDay,
    /// Who recorded it, and when.
    pub recorded: Mark,
}

impl Application {
    /// Its completion at `completed_at`; `None` if that day is recorded.
    ///
    /// # Errors
    /// When the time is in the future or of other years than 2000 to 2099, or another day is
    /// recorded.
    pub fn completed(
        &self,
        completed_at: Timestamp,
        act: &Act,
    ) -> Result<Option<Completion>, RetentionRefusal> {
        const FIELD: &str = "completedAt";
        stored_time(Some(completed_at), FIELD)?;
        if completed_at.duration_since(act.at()) > CLOCK_AHEAD {
            return Err(InvalidField::new(FIELD, "must not be in the future").into());
        }
        let on = JapanDay::of(completed_at);
        match &self.completion {
            Some(recorded) if recorded.on == on => Ok(None),
            Some(_) => Err(RetentionRefusal::AnotherDay),
            None => Ok(Some(Completion { on, recorded: act.into() })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::{ActorKind, ActorRef};
    use crate::correlation::CorrelationId;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn act(now: &str) -> Act {
        Act::new(
            ActorRef::new("idp", "web", ActorKind::System),
            at(now),
            CorrelationId::parse("c").unwrap(),
        )
    }

    fn application(completed_on: Option<&str>) -> Application {
        let completion = |on: &str| Completion {
            on: JapanDay::parse(on).unwrap(),
            recorded: (&act("2020-10-22T10:00:00Z")).into(),
        };
        Application {
            id: ApplicationId::parse("A-1").unwrap(),
            completion: completed_on.map(completion),
        }
    }

    fn completed(on: Option<&str>, time: &str) -> Result<Option<String>, RetentionRefusal> {
        let completion = application(on).completed(at(time), &act("2020-10-22T14:59:00Z"))?;
        Ok(completion.map(|completion| completion.on.to_string()))
    }

    #[test]
    fn the_day_in_japan_is_recorded_once() {
        assert_eq!(completed(None, "2020-10-22T14:59:00Z"), Ok(Some("2020-10-22".into())));
        assert_eq!(completed(None, "2020-10-22T15:00:00Z"), Ok(Some("2020-10-23".into())));
        let clock_ahead = "2020-10-22T15:04:00Z";
        assert_eq!(completed(None, clock_ahead), Ok(Some("2020-10-23".into())), "by 5 minutes");
        let same = completed(Some("2020-10-22"), "2020-10-22T00:30:00+09:00");
        assert_eq!(same, Ok(None));
        let other = completed(Some("2020-10-22"), "2020-10-21T23:59:59+09:00");
        assert_eq!(other, Err(RetentionRefusal::AnotherDay));
    }

    #[test]
    fn a_future_or_odd_time_is_refused() {
        for time in ["2020-10-22T15:04:00.000001Z", "1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z"]
        {
            let refused = completed(None, time);
            assert!(matches!(refused, Err(RetentionRefusal::Invalid(_))), "{time}");
        }
    }
}
