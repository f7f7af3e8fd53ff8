//! Persons: customers, how they are reached, and whether they want mail.

mod account_mail;
mod address;
mod details;
mod history;
mod register;
mod write;

pub use account_mail::set_mail_notification;
pub use address::{EmailAddress, PhoneNumber};
pub use details::{ContactDetails, DetailsUpdate, MailStop, MailWish, Updated, update_details};
pub use history::{DetailChange, PersonVersion, changes};
pub use register::{RegisteredVersion, Registration, register};
pub use write::{NewPerson, PersonWrite};

use crate::Timestamp;
use crate::audit::{Action, Subject};
use crate::field::is_plain;
use crate::parsed_text::parsed_text;
use crate::redacted;
use crate::sealed::DataKeyId;

redacted!(PersonId, AccountId, ExternalIdentity, StopReason);

parsed_text! {
    /// A person's id from the insurer or bank. Stored in clear, masked wherever it is printed.
    #[derive(Hash, PartialOrd, Ord)]
    pub struct PersonId:
        "personId",
        "must be 1 to 64 characters without control characters",
        |text| is_plain(text, 64);
    /// The id in clear: for the store and for the client that sent it, never for a log.
    expose
}

parsed_text! {
    /// The id of a person's account on the customer's My page. Stored in clear, masked wherever it
    /// is printed.
    #[derive(Hash, PartialOrd, Ord)]
    pub struct AccountId:
        "accountId",
        "must be 1 to 64 characters without control characters",
        |text| is_plain(text, 64);
    /// The id in clear: for the store and for the client that sent it, never for a log.
    expose
}

parsed_text! {
    /// The identity with which a person signs in at another provider. A change of contact details
    /// never changes it.
    pub struct ExternalIdentity:
        "externalIdentity",
        "must be 1 to 255 characters without control characters",
        |text| is_plain(text, 255);
    /// The identity in clear: for a client that may see it, never for a log.
    expose
}

parsed_text! {
    /// Why mail to a person was stopped; it may hold personal data.
    pub struct StopReason:
        "mailStopReason",
        "must be 1 to 500 characters without control characters",
        |text| is_plain(text, 500);
    /// The reason in clear: for a client that may see it, never for a log.
    expose
}

parsed_text! {
    /// The language of texts to a person, for example `ja` or `zh-Hant-TW`: a language, and perhaps
    /// a script and a region (RFC 5646 §2.1), in their usual case.
    #[derive(Debug)]
    pub struct Locale:
        "locale",
        "must be a language tag like ja, en-US or zh-Hant-TW",
        is_locale;
    /// The tag as text.
    as_str
}

fn is_locale(text: &str) -> bool {
    let mut parts = text.split('-').peekable();
    let lower = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_language = parts.next().is_some_and(|it| (2..=3).contains(&it.len()) && lower(it));
    let is_script =
        |it: &&str| it.len() == 4 && it.as_bytes()[0].is_ascii_uppercase() && lower(&it[1..]);
    let is_region = |it: &&str| {
        (it.len() == 2 && it.bytes().all(|byte| byte.is_ascii_uppercase()))
            || (it.len() == 3 && it.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let _ = (parts.next_if(is_script), parts.next_if(is_region));
    is_language && parts.next().is_none()
}

/// A person as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// Its account.
    pub account: AccountMail,
    /// Its language, if it is known.
    pub locale: Option<Locale>,
    /// The identity with which it signs in elsewhere, if it does.
    pub external_identity: Option<ExternalIdentity>,
    /// How it is reached.
    pub details: ContactDetails,
    /// Since when its e-mail address is this one, or it has none.
    pub email_since: Timestamp,
    /// The data key under which its personal data is sealed.
    pub data_key: DataKeyId,
    /// Counts the changes of its details, from 1.
    pub version: u32,
}

/// An account and its mail setting, which holds for all its persons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountMail {
    /// The account.
    pub id: AccountId,
    /// Whether its persons get mail. A person whose mail is stopped gets none in any case.
    pub notification: bool,
}

/// Which persons to find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonQuery {
    /// With this id: at most one.
    Id(PersonId),
    /// With this account.
    Account(AccountId),
    /// With this e-mail address, now.
    Email(EmailAddress),
    /// With this phone number, now.
    Phone(PhoneNumber),
}

impl PersonQuery {
    /// Whether it finds this person.
    #[must_use]
    pub fn matches(&self, person: &Person) -> bool {
        match self {
            Self::Id(id) => person.id == *id,
            Self::Account(account) => person.account.id == *account,
            Self::Email(email) => person.details.email.as_ref() == Some(email),
            Self::Phone(phone) => person.details.phone.as_ref() == Some(phone),
        }
    }
}

impl PersonId {
    /// The person as the audit log refers to it.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject::new("person", self.expose())
    }
}

impl AccountId {
    /// The account as the audit log refers to it.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject::new("account", self.expose())
    }
}

impl Action {
    /// A person was registered.
    pub const PERSON_REGISTERED: Self = Self::of("person.registered");
    /// Contact details of a person were changed; the detail names the fields.
    pub const PERSON_DETAILS_CHANGED: Self = Self::of("person.details_changed");
    /// Personal data of a person was read in clear.
    pub const PERSON_REVEALED: Self = Self::of("person.revealed");
    /// A person was searched by an address.
    pub const PERSON_SEARCHED: Self = Self::of("person.searched");
    /// Mail notification of an account was switched; the detail is `on` or `off`.
    pub const MAIL_NOTIFICATION_SET: Self = Self::of("account.mail_notification_set");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_are_tags_in_their_usual_case() {
        for good in ["ja", "en-US", "zh-Hant", "zh-Hant-TW", "es-419", "fil"] {
            assert_eq!(Locale::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "j", "JA", "ja-jp", "ja_JP", "en-", "en-US-x", "zh-hant", "日本", "en-日本"]
        {
            assert!(Locale::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn no_value_is_printed() {
        let printed = format!(
            "{:?} {:?} {:?} {:?}",
            PersonId::parse("canary").unwrap(),
            AccountId::parse("canary").unwrap(),
            ExternalIdentity::parse("canary").unwrap(),
            StopReason::parse("canary").unwrap(),
        );
        assert!(!printed.contains("canary"), "{printed}");
    }
}
