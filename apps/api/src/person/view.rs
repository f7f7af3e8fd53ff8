//! Persons as the JSON that callers see, masked or in clear.

use std::borrow::Cow;

use madoguchi_application::Reading;
use madoguchi_domain::Timestamp;
use madoguchi_domain::mask;
use madoguchi_domain::person::{
    AccountId, AccountMail, ContactDetails, EmailAddress, ExternalIdentity, Locale, MailStop,
    Person, PersonId, PersonVersion, PhoneNumber, Registration, StopReason, changes,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::text_of;
use crate::who::Who;

/// How personal data is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown(pub(super) Reading);

impl Shown {
    fn text<'a>(self, text: &'a str, mask: fn(&str) -> String) -> Cow<'a, str> {
        match self.0 {
            Reading::InClear => text.into(),
            Reading::Masked => mask(text).into(),
        }
    }

    fn email(self, email: &EmailAddress) -> Cow<'_, str> {
        self.text(email.expose(), mask::email)
    }

    fn phone(self, phone: &PhoneNumber) -> Cow<'_, str> {
        self.text(phone.expose(), mask::phone)
    }

    /// A text of which a mask shows nothing.
    fn hidden(self, text: &str) -> Cow<'_, str> {
        self.text(text, |_| "***".to_owned())
    }
}

/// A registered person: ids only.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RegisteredPerson<'a> {
    #[schema(schema_with = text_of::<PersonId>)]
    person_id: &'a str,
    #[schema(schema_with = text_of::<AccountId>)]
    account_id: &'a str,
}

impl<'a> From<&'a Registration> for RegisteredPerson<'a> {
    fn from(wish: &'a Registration) -> Self {
        Self { person_id: wish.id.expose(), account_id: wish.account.expose() }
    }
}

/// A person. Personal data is masked unless `reveal=true` was asked.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Person)]
pub(super) struct PersonView<'a> {
    #[schema(schema_with = text_of::<PersonId>)]
    person_id: &'a str,
    #[schema(schema_with = text_of::<AccountId>)]
    account_id: &'a str,
    #[schema(required)]
    email: Option<Cow<'a, str>>,
    /// In E.164.
    #[schema(required)]
    phone: Option<Cow<'a, str>>,
    #[schema(required)]
    locale: Option<&'a str>,
    #[schema(required)]
    external_identity: Option<Cow<'a, str>>,
    /// Whether mail to this person is stopped, by `mailStop`.
    mail_stopped: bool,
    #[schema(required)]
    mail_stop: Option<MailStopView<'a>>,
    /// Whether the persons of the account get mail.
    mail_notification: bool,
}

impl<'a> PersonView<'a> {
    pub(super) fn of(person: &'a Person, shown: Shown) -> Self {
        let ContactDetails { email, phone, mail_stop } = &person.details;
        let identity = person.external_identity.as_ref().map(ExternalIdentity::expose);
        Self {
            person_id: person.id.expose(),
            account_id: person.account.id.expose(),
            email: email.as_ref().map(|email| shown.email(email)),
            phone: phone.as_ref().map(|phone| shown.phone(phone)),
            locale: person.locale.as_ref().map(Locale::as_str),
            external_identity: identity.map(|identity| shown.hidden(identity)),
            mail_stopped: mail_stop.is_some(),
            mail_stop: mail_stop.as_ref().map(|stop| MailStopView::of(stop, shown)),
            mail_notification: person.account.notification,
        }
    }
}

/// Who stopped mail, when and why.
#[derive(Serialize, ToSchema)]
#[schema(as = MailStop)]
struct MailStopView<'a> {
    at: Timestamp,
    #[serde(flatten)]
    #[schema(inline)]
    who: Who<'a>,
    reason: Cow<'a, str>,
}

impl<'a> MailStopView<'a> {
    fn of(MailStop { by, at, reason }: &'a MailStop, shown: Shown) -> Self {
        Self { at: *at, who: by.into(), reason: shown.hidden(reason.expose()) }
    }
}

/// One change of contact details; the first one is the registration.
#[derive(Serialize, ToSchema)]
#[schema(as = PersonVersion)]
pub(super) struct VersionView<'a> {
    /// The version that the change made.
    version: u32,
    at: Timestamp,
    #[serde(flatten)]
    #[schema(inline)]
    who: Who<'a>,
    /// The `x-request-id` of the request.
    correlation: &'a str,
    changes: Vec<FieldChange<'a>>,
}

/// A field that changed.
#[derive(Serialize, ToSchema)]
struct FieldChange<'a> {
    /// `email`, `phone` or `mailStopReason`.
    field: &'static str,
    #[schema(required)]
    old: Option<Cow<'a, str>>,
    #[schema(required)]
    new: Option<Cow<'a, str>>,
}

impl<'a> VersionView<'a> {
    /// The changes that led from version to version, oldest first.
    pub(super) fn all(versions: &'a [PersonVersion], shown: Shown) -> Vec<Self> {
        let views = changes(versions).map(|change| {
            let PersonVersion { version, details, act } = change.after;
            Self {
                version: *version,
                at: act.at(),
                who: (&act.by).into(),
                correlation: act.correlation.as_str(),
                changes: field_changes(change.before, details, shown),
            }
        });
        views.collect()
    }
}

fn field_changes<'a>(
    before: Option<&'a ContactDetails>,
    after: &'a ContactDetails,
    shown: Shown,
) -> Vec<FieldChange<'a>> {
    let reason = |details: &'a ContactDetails| {
        let stop = details.mail_stop.as_ref()?;
        Some(shown.hidden(StopReason::expose(&stop.reason)))
    };
    let email = |it: &'a ContactDetails| it.email.as_ref().map(|email| shown.email(email));
    let phone = |it: &'a ContactDetails| it.phone.as_ref().map(|phone| shown.phone(phone));
    let moved = |is_other: fn(&ContactDetails, &ContactDetails) -> bool| {
        is_other(before.unwrap_or(&EMPTY), after)
    };
    let fields = [
        ("email", before.and_then(email), email(after), moved(|a, b| a.email != b.email)),
        ("phone", before.and_then(phone), phone(after), moved(|a, b| a.phone != b.phone)),
        (
            "mailStopReason",
            before.and_then(reason),
            reason(after),
            moved(|a, b| a.mail_stop != b.mail_stop),
        ),
    ];
    let moved = fields.into_iter().filter(|(.., moved)| *moved);
    moved.map(|(field, old, new, _)| FieldChange { field, old, new }).collect()
}

/// What is before a registration.
static EMPTY: ContactDetails = ContactDetails { email: None, phone: None, mail_stop: None };

/// The account of a person whose contact details were changed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountOfPerson<'a> {
    #[schema(schema_with = text_of::<AccountId>)]
    account_id: &'a str,
}

impl<'a> From<&'a Person> for AccountOfPerson<'a> {
    fn from(person: &'a Person) -> Self {
        Self { account_id: person.account.id.expose() }
    }
}

/// An account's mail setting.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AccountMail)]
pub(super) struct AccountMailView<'a> {
    #[schema(schema_with = text_of::<AccountId>)]
    account_id: &'a str,
    mail_notification: bool,
}

impl<'a> From<&'a AccountMail> for AccountMailView<'a> {
    fn from(account: &'a AccountMail) -> Self {
        Self { account_id: account.id.expose(), mail_notification: account.notification }
    }
}
