//! The mails about an announcement: a first batch, a release, and the rest in batches.

use jiff::SignedDuration;

use crate::Timestamp;
use crate::act::Act;
use crate::audit::{Action, AuditEntry};
use crate::change::Change;
use crate::closed_set::closed_set;
use crate::contact::MailRules;
use crate::effect::later;
use crate::mail::{MailId, MailOrder, MessageId};
use crate::person::PersonId;

use super::{Announcement, AnnouncementRefusal, AnnouncementState, AnnouncementWrite};

closed_set! {
    /// The name of a mailing's state, on the wire and in the database.
    pub enum MailingStateName {
        /// The first batch is being planned.
        First = "FIRST",
        /// The first batch is planned; the rest waits for a release.
        Held = "HELD",
        /// The rest is being planned.
        Running = "RUNNING",
        /// Somebody stopped it: no further mail is planned, and a planned one is not sent.
        Stopped = "STOPPED",
        /// A mail is planned for every recipient.
        Planned = "PLANNED",
    }
}

/// The state of a mailing, with its facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailingState {
    /// The first batch is being planned.
    First,
    /// The rest waits for a release, since this time.
    Held(Timestamp),
    /// The rest is being planned.
    Running,
    /// It was stopped at this time.
    Stopped(Timestamp),
    /// A mail is planned for every recipient.
    Planned,
}

impl MailingState {
    /// The state's name.
    #[must_use]
    pub const fn name(self) -> MailingStateName {
        match self {
            Self::First => MailingStateName::First,
            Self::Held(_) => MailingStateName::Held,
            Self::Running => MailingStateName::Running,
            Self::Stopped(_) => MailingStateName::Stopped,
            Self::Planned => MailingStateName::Planned,
        }
    }

    /// Since when it is held or stopped.
    #[must_use]
    pub const fn since(self) -> Option<Timestamp> {
        match self {
            Self::Held(at) | Self::Stopped(at) => Some(at),
            Self::First | Self::Running | Self::Planned => None,
        }
    }
}

/// How far the mails about an announcement are planned, in ascending order of the persons' ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailing {
    /// Its state.
    pub state: MailingState,
    /// How many mails are planned.
    pub planned: u32,
    /// The last person with a planned mail.
    pub last: Option<PersonId>,
}

/// The configured rules of the mails about announcements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailingPolicy {
    /// Mails of the first batch, at least 1.
    pub first_batch: u32,
    /// After how long the rest is released without a person; none if never.
    pub release_after: Option<SignedDuration>,
    /// Maximum mails that are planned at once, at least 1.
    pub batch: u32,
}

impl MailingPolicy {
    /// A first batch of 100, which waits for a person, then 100 at once.
    #[must_use]
    pub const fn standard() -> Self {
        Self { first_batch: 100, release_after: None, batch: 100 }
    }
}

/// The persons whose mails are planned next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailingBatch {
    /// After whom they come; from the first one if none.
    pub after: Option<PersonId>,
    /// At most how many.
    pub most: u32,
}

impl Mailing {
    /// A mailing of which nothing is planned.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: MailingState::First, planned: 0, last: None }
    }

    /// What is planned next at `now`; `None` if nothing is.
    #[must_use]
    pub fn next(&self, policy: &MailingPolicy, now: Timestamp) -> Option<MailingBatch> {
        let most = match self.state {
            // At least one, if fewer are configured now than are planned: then it is held.
            MailingState::First => policy.first_batch.saturating_sub(self.planned).max(1),
            MailingState::Held(since) => {
                let is_released = policy.release_after.is_some_and(|it| later(since, it) <= now);
                if is_released { policy.batch } else { 0 }
            }
            MailingState::Running => policy.batch,
            MailingState::Stopped(_) | MailingState::Planned => 0,
        };
        let batch = MailingBatch { after: self.last.clone(), most: most.min(policy.batch) };
        (most > 0).then_some(batch)
    }

    /// The mailing after these persons' mails are planned, of which `asked` were wanted; it has so
    /// many `recipients`.
    fn after(
        &self,
        (persons, recipients): (&[PersonId], u32),
        asked: &MailingBatch,
        policy: &MailingPolicy,
        now: Timestamp,
    ) -> Self {
        let more = u32::try_from(persons.len()).unwrap_or(u32::MAX);
        let planned = self.planned.saturating_add(more);
        let state = if more < asked.most || planned >= recipients {
            MailingState::Planned
        } else if self.state == MailingState::First && planned >= policy.first_batch {
            MailingState::Held(now)
        } else if self.state == MailingState::First {
            MailingState::First
        } else {
            MailingState::Running
        };
        Self { state, planned, last: persons.last().cloned().or_else(|| self.last.clone()) }
    }

    pub(super) fn released(&self) -> Result<Self, AnnouncementRefusal> {
        match self.state {
            MailingState::Held(_) => Ok(Self { state: MailingState::Running, ..self.clone() }),
            MailingState::First
            | MailingState::Running
            | MailingState::Stopped(_)
            | MailingState::Planned => Err(AnnouncementRefusal::NotHeld),
        }
    }

    /// Stopping twice is harmless. What is planned is checked before it is sent, so a mailing of
    /// which everything is planned can be stopped too.
    pub(super) fn stopped(&self, now: Timestamp) -> Option<Self> {
        let is_stopped = matches!(self.state, MailingState::Stopped(_));
        (!is_stopped).then(|| Self { state: MailingState::Stopped(now), ..self.clone() })
    }
}

impl Default for Mailing {
    fn default() -> Self {
        Self::new()
    }
}

impl Announcement {
    /// The same with another mailing; `None` if it has none.
    pub(super) fn with_mailing(&self, mailing: Mailing) -> Option<Self> {
        let AnnouncementState::Approved { by, at, audience, mailing: Some(_) } = &self.state else {
            return None;
        };
        let (by, mailing) = (by.clone(), Some(mailing));
        let state = AnnouncementState::Approved { by, at: *at, audience: *audience, mailing };
        Some(Self { state, ..self.clone() })
    }

    /// The change that plans the mails of a batch, for which `persons` were found; `new_id` makes
    /// an id for each. `None` if it has no mailing.
    #[must_use]
    pub fn plan_mails(
        &self,
        (asked, persons): (&MailingBatch, &[PersonId]),
        (policy, rules): (&MailingPolicy, &MailRules),
        mut new_id: impl FnMut() -> MailId,
        act: &Act,
    ) -> Option<Change<AnnouncementWrite>> {
        let (mailing, due) = (self.state.mailing()?, self.visible_from()?);
        let mut mails = Vec::with_capacity(persons.len());
        let mut effects = Vec::with_capacity(persons.len());
        for person in persons {
            let id = new_id();
            let message_id = MessageId::derived(id, &rules.message_id_domain);
            let (person, announcement) = (person.clone(), Some(self.id));
            mails.push((person.clone(), id));
            effects.push(MailOrder { id, person, announcement, message_id }.planned(due, act));
        }
        let recipients = self.state.audience()?.recipients;
        let mailing = mailing.after((persons, recipients), asked, policy, act.at());
        let after = self.with_mailing(mailing)?;
        let (action, count) = (Action::ANNOUNCEMENT_MAILS_PLANNED, mails.len().to_string());
        let audit = AuditEntry::new(action, self.id.subject(), count, act);
        let (after, due) =
            (Box::new(Self { version: self.version + 1, ..after }), due.max(act.at()));
        let write = AnnouncementWrite::PlanMails { after, mails, due };
        Some(Change { effects, ..Change::new(write, audit) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: MailingPolicy = MailingPolicy {
        first_batch: 3,
        release_after: Some(SignedDuration::from_secs(60)),
        batch: 2,
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn persons(numbers: std::ops::Range<u32>) -> Vec<PersonId> {
        numbers.map(|it| PersonId::parse(&format!("P{it:03}")).unwrap()).collect()
    }

    /// Of 6 recipients.
    fn step(mailing: &Mailing, found: std::ops::Range<u32>, now: i64) -> Mailing {
        let asked = mailing.next(&POLICY, at(now)).unwrap();
        mailing.after((&persons(found), 6), &asked, &POLICY, at(now))
    }

    #[test]
    fn a_first_batch_waits_and_then_the_rest_goes_in_batches() {
        let new = Mailing::new();
        let two = step(&new, 0..2, 10);
        assert_eq!((two.state, two.planned), (MailingState::First, 2));
        assert_eq!(two.next(&POLICY, at(11)).unwrap().most, 1, "the rest of the first batch");
        let held = step(&two, 2..3, 11);
        assert_eq!(held.state, MailingState::Held(at(11)));
        assert_eq!(held.next(&POLICY, at(70)), None, "nobody released it");
        let rest = held.next(&POLICY, at(71)).unwrap();
        assert_eq!((rest.most, rest.after), (2, persons(2..3).pop()));
        let released = held.released().unwrap();
        assert_eq!(released.next(&POLICY, at(12)).map(|it| it.most), Some(2));
        let running = step(&released, 3..5, 12);
        assert_eq!((running.state, running.planned), (MailingState::Running, 5));
        let done = step(&running, 5..6, 13);
        assert_eq!((done.state, done.planned), (MailingState::Planned, 6));
        assert_eq!(done.next(&POLICY, at(999)), None);
    }

    #[test]
    fn an_audience_that_ends_with_a_batch_is_planned() {
        let running = Mailing { state: MailingState::Running, planned: 4, last: None };
        let done = step(&running, 4..6, 1);
        assert_eq!((done.state, done.last), (MailingState::Planned, persons(5..6).pop()));
        let asked = MailingBatch { after: None, most: 2 };
        let first = Mailing::new().after((&persons(0..2), 2), &asked, &POLICY, at(1));
        assert_eq!(first.state, MailingState::Planned, "nobody is left for a release");
        // Persons may be erased since the audience was counted.
        let running = Mailing { planned: 2, ..running };
        assert_eq!(step(&running, 2..3, 1).state, MailingState::Planned, "nobody else is left");
    }

    #[test]
    fn a_first_batch_that_was_configured_smaller_is_held_after_one_more() {
        let more = Mailing { planned: 5, ..Mailing::new() };
        assert_eq!(more.next(&POLICY, at(1)).unwrap().most, 1);
        let asked = MailingBatch { after: None, most: 1 };
        let held = more.after((&persons(5..6), 9), &asked, &POLICY, at(1));
        assert_eq!(held.state, MailingState::Held(at(1)));
    }

    #[test]
    fn a_release_needs_a_mailing_that_waits_and_a_stop_none_that_is_stopped() {
        let (new, planned) =
            (Mailing::new(), Mailing { state: MailingState::Planned, ..Mailing::new() });
        for other in [&new, &planned] {
            assert_eq!(other.released(), Err(AnnouncementRefusal::NotHeld));
            let stopped = other.stopped(at(5)).unwrap();
            assert_eq!(stopped.state, MailingState::Stopped(at(5)));
            assert_eq!(stopped.next(&POLICY, at(999)), None);
            assert_eq!(stopped.released(), Err(AnnouncementRefusal::NotHeld));
            assert_eq!(stopped.stopped(at(6)), None);
        }
    }
}
