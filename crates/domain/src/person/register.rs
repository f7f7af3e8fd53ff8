//! The registration of a person.

use uuid::Uuid;

use super::{
    AccountId, AccountMail, ContactDetails, EmailAddress, ExternalIdentity, Locale, NewPerson,
    Person, PersonId, PersonWrite, PhoneNumber,
};
use crate::act::Act;
use crate::audit::{Action, AuditEntry};
use crate::change::Change;
use crate::field::InvalidField;
use crate::idempotency::Replayable;
use crate::payload::Payload;
use crate::registered::Registered;
use crate::sealed::DataKeyId;

/// The data of a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The person's id.
    pub id: PersonId,
    /// Its account.
    pub account: AccountId,
    /// Its e-mail address, if it is known.
    pub email: Option<EmailAddress>,
    /// Its phone number, if it is known.
    pub phone: Option<PhoneNumber>,
    /// Its language, if it is known.
    pub locale: Option<Locale>,
    /// The identity with which it signs in elsewhere, if it does.
    pub external_identity: Option<ExternalIdentity>,
}

impl Registration {
    /// Whether `person` has the data of this registration, as it is now.
    fn is(&self, person: &Person) -> bool {
        (&self.id, &self.account, &self.locale, &self.external_identity)
            == (&person.id, &person.account.id, &person.locale, &person.external_identity)
            && (&self.email, &self.phone) == (&person.details.email, &person.details.phone)
    }
}

/// The version of the contact details of a person that is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegisteredVersion(pub u32);

/// The version of the payload that is written now.
const VERSION: i32 = 1;

impl Replayable for RegisteredVersion {
    fn to_payload(&self) -> Option<Payload> {
        Some(Payload::new(VERSION, []).with("version", self.0.to_string()))
    }

    fn from_payload(payload: &Payload) -> Result<Self, InvalidField> {
        payload.must_be_version(VERSION)?;
        let version = payload.get("version")?.parse();
        version.map(Self).map_err(|_| InvalidField::new("version", "must be a number"))
    }
}

/// Decides a registration. `known` are the stored persons with its id, and with its account if that
/// is unique. `data_key` and `version_id` are new ids for its rows.
#[must_use]
pub fn register(
    known: &[Person],
    wish: &Registration,
    unique_account: bool,
    (data_key, version_id): (DataKeyId, Uuid),
    act: &Act,
) -> (Option<Change<PersonWrite>>, Registered<Person>) {
    let registered = Registered::among(known, |person| wish.is(person));
    let change = (registered == Registered::New).then(|| {
        let person = Person {
            id: wish.id.clone(),
            account: AccountMail { id: wish.account.clone(), notification: true },
            locale: wish.locale.clone(),
            external_identity: wish.external_identity.clone(),
            details: ContactDetails {
                email: wish.email.clone(),
                phone: wish.phone.clone(),
                mail_stop: None,
            },
            email_since: act.at(),
            data_key,
            version: 1,
        };
        let audit = AuditEntry::new(Action::PERSON_REGISTERED, wish.id.subject(), "", act);
        let new = NewPerson { person, version_id, unique_account };
        Change::new(PersonWrite::Register(Box::new(new)), audit)
    });
    (change, registered)
}
