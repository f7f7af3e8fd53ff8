//! The JSON that an agent sees about a caller: numbers masked, each part marked with its origin.

use madoguchi_application::{Owner, Part, WhoIsCalling};
use madoguchi_domain::Timestamp;
use madoguchi_domain::caller::{
    CallerContext, Confirmation, Email, Identification, Manager, PersonType, Phone, SecurityDevice,
    TaxId,
};
use madoguchi_domain::mask;
use madoguchi_domain::personal::Personal;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = Caller)]
pub(super) struct WhoBody<'a> {
    context: PartBody<ContextBody<'a>>,
    account: PartBody<OwnerBody<'a>>,
}

/// `fresh` and `cached` with a value, `missing` with a reason.
#[derive(Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "lowercase")]
#[schema(as = Part)]
enum PartBody<T> {
    Fresh {
        value: T,
    },
    Cached {
        value: T,
        /// Milliseconds since it was found.
        #[serde(rename = "ageMs")]
        age_ms: i64,
    },
    Missing {
        /// For example `deadline_exceeded`, `not_identified`, `not_found` or `circuit_open`.
        reason: &'static str,
    },
}

impl<T> PartBody<T> {
    fn of<'a, U>(part: &'a Part<U>, view: impl FnOnce(&'a U) -> T) -> Self {
        match part {
            Part::Fresh(value) => Self::Fresh { value: view(value) },
            Part::Cached(value, age) => Self::Cached {
                value: view(value),
                age_ms: i64::try_from(age.as_millis()).unwrap_or(i64::MAX),
            },
            Part::Missing(why) => Self::Missing { reason: why.as_str() },
        }
    }
}

impl<'a> From<&'a WhoIsCalling> for WhoBody<'a> {
    fn from(who: &'a WhoIsCalling) -> Self {
        Self {
            context: PartBody::of(&who.context, |context| ContextBody::from(&**context)),
            account: PartBody::of(&who.account, OwnerBody::from),
        }
    }
}

/// Defines a body: optional texts that are shown as the upstream system wrote them, and other
/// fields, each with its value. Every field is always present.
macro_rules! body {
    (
        $(#[$doc:meta])* $name:ident as $schema:ident, of $from:ident: $source:ty;
        texts of $texts:expr => { $($(#[$text_doc:meta])* $text:ident,)* }
        { $($(#[$field_doc:meta])* $field:ident: $type:ty = $value:expr,)* }
    ) => {
        $(#[$doc])*
        #[derive(Serialize, ToSchema)]
        #[serde(rename_all = "camelCase")]
        #[schema(as = $schema)]
        struct $name<'a> {
            $($(#[$text_doc])* #[schema(required)] $text: Option<&'a str>,)*
            $($(#[$field_doc])* #[schema(required)] $field: $type,)*
        }

        impl<'a> From<&'a $source> for $name<'a> {
            fn from($from: &'a $source) -> Self {
                let texts = $texts;
                Self {
                    $($text: texts.$text.as_ref().map(Personal::expose),)*
                    $($field: $value,)*
                }
            }
        }
    };
}

body! {
    /// The context of a call.
    ContextBody as CallContext, of context: CallerContext;
    texts of context => {
        branch,
        segment,
        /// The choice in the voice menu.
        option,
        /// The calling phone number.
        number,
    }
    {
        /// `AUT` authenticated, `IDE` identified, `NID` not identified.
        identification: Option<&'a str> =
            context.identification.as_ref().map(Identification::as_str),
        /// Masked.
        cpf: Option<String> = context.cpf.as_ref().map(TaxId::masked),
        /// Masked.
        account: Option<String> = masked(context.account.as_ref()),
        /// The security device.
        device: Option<&'a str> = context.device.as_ref().map(SecurityDevice::as_str),
        /// `S` or `N`.
        device_confirmed: Option<&'a str> =
            context.device_confirmed.as_ref().map(Confirmation::as_str),
        expires_at: Option<Timestamp> = context.expires_at,
    }
}

body! {
    /// The owner of an account.
    OwnerBody as AccountOwner, of owner: Owner;
    texts of &owner.profile => { name, social_name, trade_name, identified, branch, opened_on, }
    {
        /// The account that was looked up, masked.
        codigo_conta: String = owner.codigo.masked(),
        /// Whether the owner is the caller; null if that is not known.
        is_caller: Option<bool> = owner.is_caller,
        /// `natural`, `legal`, or another text of the upstream system.
        person: Option<&'a str> = owner.profile.person.as_ref().map(|person| match person {
            PersonType::Natural => "natural",
            PersonType::Legal => "legal",
            PersonType::Other(text) => text.expose(),
        }),
        /// CPF or CNPJ, masked.
        tax_id: Option<String> = owner.profile.tax_id.as_ref().map(TaxId::masked),
        /// Masked.
        account: Option<String> = masked(owner.profile.account.as_ref()),
        emails: Vec<EmailBody<'a>> = owner.profile.emails.iter().map(EmailBody::from).collect(),
        phones: Vec<PhoneBody<'a>> = owner.profile.phones.iter().map(PhoneBody::from).collect(),
        managers: Vec<ManagerBody<'a>> =
            owner.profile.managers.iter().map(ManagerBody::from).collect(),
    }
}

body! {
    EmailBody as Email, of email: Email;
    texts of email => { main, }
    {
        /// Masked.
        address: String = mask::email(email.address.expose()),
    }
}

body! {
    PhoneBody as Phone, of phone: Phone;
    texts of phone => { country, area, number, extension, mobile, main, }
    {}
}

body! {
    /// A manager at the bank. Bank staff are not masked: the agent must be able to contact them.
    ManagerBody as Manager, of manager: Manager;
    texts of manager => { user, email, segment, platform, role, skill_queue, }
    {
        phones: Vec<PhoneBody<'a>> = manager.phones.iter().map(PhoneBody::from).collect(),
    }
}

fn masked(account: Option<&Personal>) -> Option<String> {
    account.map(|account| mask::account(account.expose()))
}
