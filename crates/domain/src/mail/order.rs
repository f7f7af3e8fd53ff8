//! The order of a mail: which person gets it, under which constant id.

use crate::Timestamp;
use crate::act::Act;
use crate::announcement::id::AnnouncementId;
use crate::consequence::Consequence;
use crate::effect::{
    Effect, EffectId, EffectKey, EffectKind, EffectOrder, Ordering, OrderingKey, UpstreamId,
};
use crate::field::InvalidField;
use crate::payload::Payload;
use crate::person::PersonId;

use super::id::MailId;
use super::message::MessageId;
use super::status::MailStatus;

/// The order to mail a person. What the mail is about and where it goes are read when it is sent,
/// from the contacts that name its id and from the person's current details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailOrder {
    /// The mail.
    pub id: MailId,
    /// Who gets it.
    pub person: PersonId,
    /// The announcement that it is about; none if it is about contacts.
    pub announcement: Option<AnnouncementId>,
    /// Its constant id at the mail server.
    pub message_id: MessageId,
}

/// The version of the payload of mails about contacts, and about announcements.
const OF_CONTACTS: i32 = 1;
const OF_ANNOUNCEMENT: i32 = 2;
const PERSON: &str = "personId";
const ANNOUNCEMENT: &str = "announcementId";

impl MailOrder {
    /// The text of the kind.
    pub const KIND_NAME: &'static str = "Mail";
    /// The kind of effect.
    pub const KIND: EffectKind = EffectKind::of(Self::KIND_NAME);

    /// The order as data. No mail waits for another one: its ordering key is its own id.
    ///
    /// # Panics
    /// Never: the text of a UUID is an ordering key.
    #[must_use]
    pub fn to_order(&self) -> EffectOrder {
        let person = self.person.expose();
        let payload = match self.announcement {
            None => Payload::new(OF_CONTACTS, [(PERSON, person)]),
            Some(id) => {
                Payload::new(OF_ANNOUNCEMENT, [(PERSON, person), (ANNOUNCEMENT, &*id.to_string())])
            }
        };
        EffectOrder {
            key: EffectKey { kind: Self::KIND, id: EffectId(self.id.0) },
            subject: self.id.subject(),
            ordering: Ordering::OneLive(OrderingKey::from_parsed(&self.id.to_string())),
            upstream_id: UpstreamId::from_parsed(self.message_id.as_str()),
            payload,
        }
    }

    /// The effect that sends it at `due`, or at once if that is past.
    #[must_use]
    pub fn planned(&self, due: Timestamp, act: &Act) -> Effect {
        Effect::planned_for(self.to_order(), due, act)
    }

    /// Whether a later version of this program wrote the order, in a format not known yet.
    #[must_use]
    pub const fn is_newer(order: &EffectOrder) -> bool {
        order.payload.version > OF_ANNOUNCEMENT
    }

    /// Parses an order of this kind.
    ///
    /// # Errors
    /// When it is of another kind or version, or one of its fields does not parse.
    pub fn parse(order: &EffectOrder) -> Result<Self, InvalidField> {
        if order.key.kind != Self::KIND {
            return Err(InvalidField::new("kind", "must be Mail"));
        }
        let payload = &order.payload;
        let announcement = if payload.version == OF_ANNOUNCEMENT {
            Some(AnnouncementId::parse(payload.get(ANNOUNCEMENT)?)?)
        } else {
            payload.must_be_version(OF_CONTACTS)?;
            None
        };
        Ok(Self {
            id: MailId(order.key.id.0),
            person: PersonId::parse(payload.get(PERSON)?)?,
            announcement,
            message_id: MessageId::parse(order.upstream_id.as_str())?,
        })
    }

    /// What else becomes true with this transition: the state that readers of its contacts see. It
    /// needs the key only, so an order that cannot be parsed has it, too.
    ///
    /// # Errors
    /// When the mail was withdrawn for a reason that is not known.
    pub fn consequence(after: &Effect) -> Result<Option<Consequence>, InvalidField> {
        let mail = MailId(after.order.key.id.0);
        Ok(Some(Consequence::MailMoved { mail, status: MailStatus::of(after)? }))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::actor::{ActorKind, ActorRef};
    use crate::correlation::CorrelationId;
    use crate::effect::{CancelReason, EffectState};

    fn order() -> MailOrder {
        MailOrder {
            id: MailId(Uuid::from_u128(7)),
            person: PersonId::parse("PER0001").unwrap(),
            announcement: None,
            message_id: MessageId::parse("<7@mail.example.com>").unwrap(),
        }
    }

    #[test]
    fn an_order_reads_back_and_others_are_refused() {
        let data = order().to_order();
        assert_eq!(MailOrder::parse(&data), Ok(order()));
        let other = EffectKind::of("SetLevel");
        let other = EffectOrder { key: EffectKey { kind: other, ..data.key }, ..data.clone() };
        assert!(MailOrder::parse(&other).is_err());
        let about = MailOrder { announcement: Some(AnnouncementId(Uuid::from_u128(9))), ..order() };
        assert_eq!(MailOrder::parse(&about.to_order()), Ok(about.clone()));
        assert!(!MailOrder::is_newer(&about.to_order()));
        let newer = EffectOrder { payload: Payload { version: 3, ..data.payload.clone() }, ..data };
        assert!(MailOrder::parse(&newer).is_err() && MailOrder::is_newer(&newer));
        let data = order().to_order();
        let without = EffectOrder { payload: Payload::new(1, []), ..data };
        assert!(MailOrder::parse(&without).is_err());
    }

    #[test]
    fn contacts_learn_what_became_of_their_mail() {
        let by = ActorRef::new("idp", "ann", ActorKind::Human);
        let correlation = CorrelationId::parse("c").unwrap();
        let at = Timestamp::from_second(100).unwrap();
        let planned = order().planned(at, &Act::new(by, at, correlation));
        let consequence = |state| MailOrder::consequence(&Effect { state, ..planned.clone() });
        let moved = |status| Ok(Some(Consequence::MailMoved { mail: order().id, status }));
        assert_eq!(consequence(EffectState::Confirmed), moved(MailStatus::Sent { at }));
        assert_eq!(consequence(EffectState::Manual), moved(MailStatus::Uncertain { since: at }));
        let other = EffectState::Cancelled { reason: CancelReason::of("whim") };
        assert!(consequence(other).is_err(), "a reason that mail does not have");
    }

    #[test]
    fn a_mail_is_due_no_earlier_than_it_is_planned() {
        let by = ActorRef::new("idp", "ann", ActorKind::Human);
        let correlation = CorrelationId::parse("c").unwrap();
        let act = Act::new(by, Timestamp::from_second(100).unwrap(), correlation);
        for (due, expected) in [(50, 100), (100, 100), (150, 150)] {
            let effect = order().planned(Timestamp::from_second(due).unwrap(), &act);
            let expected = Timestamp::from_second(expected).unwrap();
            assert_eq!(effect.state, EffectState::Planned { due: expected });
            assert_eq!(effect.planned_at, expected);
        }
    }
}
