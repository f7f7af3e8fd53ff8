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
#[serde(tag = "status", rename_all = "lowercase", rename_all_fields = "camelCase")]
#[schema(as = Part)]
enum PartBody<T> {
    Fresh { value: T },
    Cached { value: T, age_ms: i64 },
    Missing { reason: &'static str },
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

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CallContext)]
struct ContextBody<'a> {
    identification: Option<&'a str>,
    cpf: Option<String>,
    branch: Option<&'a str>,
    account: Option<String>,
    segment: Option<&'a str>,
    option: Option<&'a str>,
    number: Option<&'a str>,
    device: Option<&'a str>,
    device_confirmed: Option<&'a str>,
    expires_at: Option<Timestamp>,
}

impl<'a> From<&'a CallerContext> for ContextBody<'a> {
    fn from(context: &'a CallerContext) -> Self {
        Self {
            identification: context.identification.as_ref().map(Identification::as_str),
            cpf: context.cpf.as_ref().map(TaxId::masked),
            branch: exposed(context.branch.as_ref()),
            account: context.account.as_ref().map(|account| mask::account(account.expose())),
            segment: exposed(context.segment.as_ref()),
            option: exposed(context.option.as_ref()),
            number: exposed(context.number.as_ref()),
            device: context.device.as_ref().map(SecurityDevice::as_str),
            device_confirmed: context.device_confirmed.as_ref().map(Confirmation::as_str),
            expires_at: context.expires_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AccountOwner)]
struct OwnerBody<'a> {
    codigo_conta: String,
    is_caller: Option<bool>,
    name: Option<&'a str>,
    social_name: Option<&'a str>,
    trade_name: Option<&'a str>,
    person: Option<&'a str>,
    tax_id: Option<String>,
    identified: Option<&'a str>,
    branch: Option<&'a str>,
    account: Option<String>,
    opened_on: Option<&'a str>,
    emails: Vec<EmailBody<'a>>,
    phones: Vec<PhoneBody<'a>>,
    managers: Vec<ManagerBody<'a>>,
}

impl<'a> From<&'a Owner> for OwnerBody<'a> {
    fn from(owner: &'a Owner) -> Self {
        let profile = &*owner.profile;
        Self {
            codigo_conta: owner.codigo.masked(),
            is_caller: owner.is_caller,
            name: exposed(profile.name.as_ref()),
            social_name: exposed(profile.social_name.as_ref()),
            trade_name: exposed(profile.trade_name.as_ref()),
            person: profile.person.as_ref().map(|person| match person {
                PersonType::Natural => "natural",
                PersonType::Legal => "legal",
                PersonType::Other(text) => text.expose(),
            }),
            tax_id: profile.tax_id.as_ref().map(TaxId::masked),
            identified: exposed(profile.identified.as_ref()),
            branch: exposed(profile.branch.as_ref()),
            account: profile.account.as_ref().map(|account| mask::account(account.expose())),
            opened_on: exposed(profile.opened_on.as_ref()),
            emails: profile.emails.iter().map(EmailBody::from).collect(),
            phones: profile.phones.iter().map(PhoneBody::from).collect(),
            managers: profile.managers.iter().map(ManagerBody::from).collect(),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Email)]
struct EmailBody<'a> {
    address: String,
    main: Option<&'a str>,
}

impl<'a> From<&'a Email> for EmailBody<'a> {
    fn from(email: &'a Email) -> Self {
        Self { address: mask::email(email.address.expose()), main: exposed(email.main.as_ref()) }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Phone)]
struct PhoneBody<'a> {
    country: Option<&'a str>,
    area: Option<&'a str>,
    number: Option<&'a str>,
    extension: Option<&'a str>,
    mobile: Option<&'a str>,
    main: Option<&'a str>,
}

impl<'a> From<&'a Phone> for PhoneBody<'a> {
    fn from(phone: &'a Phone) -> Self {
        Self {
            country: exposed(phone.country.as_ref()),
            area: exposed(phone.area.as_ref()),
            number: exposed(phone.number.as_ref()),
            extension: exposed(phone.extension.as_ref()),
            mobile: exposed(phone.mobile.as_ref()),
            main: exposed(phone.main.as_ref()),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Manager)]
struct ManagerBody<'a> {
    user: Option<&'a str>,
    email: Option<&'a str>,
    segment: Option<&'a str>,
    platform: Option<&'a str>,
    role: Option<&'a str>,
    skill_queue: Option<&'a str>,
    phones: Vec<PhoneBody<'a>>,
}

impl<'a> From<&'a Manager> for ManagerBody<'a> {
    fn from(manager: &'a Manager) -> Self {
        Self {
            user: exposed(manager.user.as_ref()),
            // Bank staff are not masked: the agent must be able to contact them.
            email: exposed(manager.email.as_ref()),
            segment: exposed(manager.segment.as_ref()),
            platform: exposed(manager.platform.as_ref()),
            role: exposed(manager.role.as_ref()),
            skill_queue: exposed(manager.skill_queue.as_ref()),
            phones: manager.phones.iter().map(PhoneBody::from).collect(),
        }
    }
}

fn exposed(text: Option<&Personal>) -> Option<&str> {
    text.map(Personal::expose)
}
