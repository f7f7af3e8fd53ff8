//! The request bodies of persons.

use madoguchi_domain::field::InvalidField;
use madoguchi_domain::person::{
    AccountId, DetailsUpdate, EmailAddress, ExternalIdentity, Locale, MailWish, PersonId,
    PersonQuery, PhoneNumber, Registration, StopReason,
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::SchemaFormat;

use crate::body::{Field, bounded, field_values, plain, text_of, text_or_null, value};
use crate::problem::Problem;
use crate::written_address::{Region, email, phone};

field_values! {
    /// The insurer's or bank's id of a person.
    PersonId: plain(1, 64);
    /// The id of the person's account on My page.
    AccountId: plain(1, 64);
    /// An e-mail address. Its domain is kept in lower case, and as A-labels if it is
    /// international.
    EmailText: bounded(3, 254).format(Some(SchemaFormat::Custom("email".to_owned())));
    /// A phone number in international notation, or in the national one of the server's default
    /// region.
    PhoneText: plain(1, 32);
    /// The language of texts to the person, for example `ja` or `zh-Hant-TW`.
    Locale: bounded(2, 11).pattern(Some("^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$"));
    /// The identity with which the person signs in at another provider.
    ExternalIdentity: plain(1, 255);
    /// Why mail is stopped.
    StopReason: plain(1, 500);
}

/// An e-mail address, whose domain may be international.
pub(super) struct EmailText(EmailAddress);

impl EmailText {
    fn parse(text: &str) -> Result<Self, InvalidField> {
        email(text).map(Self)
    }
}

/// A phone number in any notation.
pub(super) struct PhoneText(String);

impl PhoneText {
    fn parse(text: &str) -> Result<Self, InvalidField> {
        let fits = (1..=32).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        let rule = "must be 1 to 32 characters without control characters";
        fits.then(|| Self(text.to_owned())).ok_or(InvalidField::new("phone", rule))
    }
}

/// The number of an optional field.
fn in_region(
    text: Option<Field<PhoneText>>,
    region: Region,
) -> Result<Option<PhoneNumber>, InvalidField> {
    text.map(|Field(PhoneText(text))| phone(&text, region)).transpose()
}

/// Ids whose path is another one.
const UNREACHABLE: [&str; 3] = ["search", ".", ".."];

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RegisterPerson {
    #[schema(schema_with = text_of::<PersonId>)]
    person_id: Field<PersonId>,
    #[schema(schema_with = text_of::<AccountId>)]
    account_id: Field<AccountId>,
    #[schema(schema_with = text_or_null::<EmailText>)]
    email: Option<Field<EmailText>>,
    #[schema(schema_with = text_or_null::<PhoneText>)]
    phone: Option<Field<PhoneText>>,
    #[schema(schema_with = text_or_null::<Locale>)]
    locale: Option<Field<Locale>>,
    #[schema(schema_with = text_or_null::<ExternalIdentity>)]
    external_identity: Option<Field<ExternalIdentity>>,
}

impl RegisterPerson {
    pub(super) fn registration(self, region: Region) -> Result<Registration, InvalidField> {
        if UNREACHABLE.contains(&self.person_id.0.expose()) {
            let rule = "must not be search, . or .. because its path would lead elsewhere";
            return Err(InvalidField::new("personId", rule));
        }
        Ok(Registration {
            id: self.person_id.0,
            account: self.account_id.0,
            email: value(self.email).map(|EmailText(email)| email),
            phone: in_region(self.phone, region)?,
            locale: value(self.locale),
            external_identity: value(self.external_identity),
        })
    }
}

/// Exactly one of the fields.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SearchPersons {
    #[schema(schema_with = text_or_null::<EmailText>)]
    email: Option<Field<EmailText>>,
    #[schema(schema_with = text_or_null::<PhoneText>)]
    phone: Option<Field<PhoneText>>,
}

impl SearchPersons {
    pub(super) fn query(self, region: Region) -> Result<PersonQuery, Problem> {
        match (value(self.email).map(|EmailText(email)| email), in_region(self.phone, region)?) {
            (Some(email), None) => Ok(PersonQuery::Email(email)),
            (None, Some(phone)) => Ok(PersonQuery::Phone(phone)),
            (_, _) => Err(Problem::invalid("the body must hold email or phone, one of them")),
        }
    }
}

/// At least one field; a field that is absent or null stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ChangeDetails {
    #[schema(schema_with = text_or_null::<EmailText>)]
    email: Option<Field<EmailText>>,
    #[schema(schema_with = text_or_null::<PhoneText>)]
    phone: Option<Field<PhoneText>>,
    /// Whether mail to this person is stopped.
    mail_stopped: Option<bool>,
    /// With `mailStopped` true, and only then.
    #[schema(schema_with = text_or_null::<StopReason>)]
    mail_stop_reason: Option<Field<StopReason>>,
}

impl ChangeDetails {
    pub(super) fn update(self, region: Region) -> Result<DetailsUpdate, Problem> {
        let mail = match (self.mail_stopped, value(self.mail_stop_reason)) {
            (None, None) => None,
            (Some(true), Some(reason)) => Some(MailWish::Stop(reason)),
            (Some(false), None) => Some(MailWish::Resume),
            (Some(true), None) => {
                return Err(Problem::invalid("mailStopReason is missing: say why mail is stopped"));
            }
            (None | Some(false), Some(_)) => {
                return Err(Problem::invalid("mailStopReason can only come with mailStopped true"));
            }
        };
        let (email, phone) =
            (value(self.email).map(|EmailText(email)| email), in_region(self.phone, region)?);
        let update = DetailsUpdate { email, phone, mail };
        if update == DetailsUpdate::default() {
            return Err(Problem::invalid("the body must hold email, phone or mailStopped"));
        }
        Ok(update)
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SetMailNotification {
    /// Whether the persons of the account get mail.
    pub(super) mail_notification: bool,
}
