//! The answers to calls that write contacts, as they are stored for repetitions.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::field::InvalidField;
use crate::idempotency::Replayable;
use crate::payload::Payload;

use super::{Contact, ContactId, ContactRefusal};

/// The version of the payloads that are written now.
const VERSION: i32 = 1;
const ID: &str = "contact_id";
const CONTACT_VERSION: &str = "contact_version";

/// A contact that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenContact {
    /// Its id.
    pub id: ContactId,
    /// Its version then.
    pub version: u32,
}

impl From<&Contact> for WrittenContact {
    fn from(contact: &Contact) -> Self {
        Self { id: contact.id, version: contact.version }
    }
}

impl Replayable for WrittenContact {
    fn to_payload(&self) -> Option<Payload> {
        let (id, version) = (self.id.to_string(), self.version.to_string());
        Some(Payload::new(VERSION, [(ID, &*id), (CONTACT_VERSION, &*version)]))
    }

    fn from_payload(payload: &Payload) -> Result<Self, InvalidField> {
        payload.must_be_version(VERSION)?;
        let version = payload.get(CONTACT_VERSION)?.parse();
        let version =
            version.map_err(|_| InvalidField::new(CONTACT_VERSION, "must be a number"))?;
        Ok(Self { id: ContactId::parse(payload.get(ID)?)?, version })
    }
}

/// What became of each contact that one call wanted to approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approvals(pub BTreeMap<ContactId, Result<(), ContactRefusal>>);

/// The outcome of an approved contact, as it is stored.
const APPROVED: &str = "approved";

/// Stored even if nothing was approved: a repetition must not approve what the first call did not.
impl Replayable for Approvals {
    fn to_payload(&self) -> Option<Payload> {
        let outcome = |refused: &Result<(), ContactRefusal>| match refused {
            Ok(()) => APPROVED,
            Err(why) => why.name(),
        };
        let fields = self.0.iter().map(|(id, it)| (id.to_string().into(), outcome(it).to_owned()));
        Some(Payload { version: VERSION, fields: fields.collect() })
    }

    fn from_payload(payload: &Payload) -> Result<Self, InvalidField> {
        payload.must_be_version(VERSION)?;
        let unknown = InvalidField::new("outcome", "must be one of an approval");
        let read = |(id, outcome): (&Cow<'static, str>, &String)| {
            let outcome = match &**outcome {
                APPROVED => Ok(()),
                name => Err(ContactRefusal::of_approval(name).ok_or(unknown)?),
            };
            Ok((ContactId::parse(id)?, outcome))
        };
        payload.fields.iter().map(read).collect::<Result<_, InvalidField>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::approval::FourEyes;

    fn id(number: u128) -> ContactId {
        ContactId(Uuid::from_u128(number))
    }

    #[test]
    fn answers_read_back_and_others_are_refused() {
        let written = WrittenContact { id: id(7), version: 3 };
        let payload = written.to_payload().unwrap();
        assert_eq!(WrittenContact::from_payload(&payload), Ok(written));
        assert!(WrittenContact::from_payload(&payload.clone().with(ID, "x")).is_err());
        assert!(WrittenContact::from_payload(&payload.clone().with(CONTACT_VERSION, "x")).is_err());
        let newer = Payload { version: 2, ..payload };
        assert!(WrittenContact::from_payload(&newer).is_err());
    }

    #[test]
    fn every_outcome_of_an_approval_reads_back() {
        let outcomes = [
            Ok(()),
            Err(ContactRefusal::NotFound),
            Err(ContactRefusal::Answered),
            Err(ContactRefusal::NotValid),
            Err(ContactRefusal::ApprovalClosed),
            Err(ContactRefusal::FourEyes(FourEyes::IsEditor)),
            Err(ContactRefusal::FourEyes(FourEyes::IsSystem)),
            Err(ContactRefusal::ContentMoved),
            Err(ContactRefusal::Unreadable),
        ];
        let approvals =
            Approvals(outcomes.into_iter().zip(1..).map(|(it, n)| (id(n), it)).collect());
        let payload = approvals.to_payload().unwrap();
        assert_eq!(Approvals::from_payload(&payload), Ok(approvals));
        for (key, value) in [("x", APPROVED), ("00000000-0000-0000-0000-000000000001", "lost")] {
            assert!(Approvals::from_payload(&Payload::new(1, [(key, value)])).is_err(), "{value}");
        }
    }
}
