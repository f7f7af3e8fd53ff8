//! Who is calling: our own lookup, and the two documented lookups of the gateway.

use jiff::Timestamp;
use madoguchi_domain::redacted;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::answer::{ApiAnswer, ClientError, Document};
use crate::client::{Client, Method};

redacted!(FindCaller, FoundCaller, CallContext, AccountOwner, Email, Phone, Manager);

/// The call to look up.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FindCaller {
    /// The id of the call's context.
    pub context_id: String,
    /// `0` if the id is encoded already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoded: Option<String>,
}

impl FindCaller {
    /// The call whose context has this id, as plain text.
    #[must_use]
    pub fn new(context_id: impl Into<String>) -> Self {
        Self { context_id: context_id.into(), encoded: None }
    }
}

/// What was found within the deadline.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundCaller {
    /// What the caller did before an agent answered.
    pub context: LookupPart<CallContext>,
    /// The owner of the caller's account.
    pub account: LookupPart<AccountOwner>,
}

/// One part of an answer, with its origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum LookupPart<T> {
    /// Found for this request.
    Fresh {
        /// What was found.
        value: T,
    },
    /// Found before.
    Cached {
        /// What was found.
        value: T,
        /// Its age, in milliseconds.
        age_ms: i64,
    },
    /// Not found.
    Missing {
        /// For example `deadline_exceeded` or `not_identified`.
        reason: String,
    },
}

impl<T> LookupPart<T> {
    /// What was found, fresh or cached.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Fresh { value } | Self::Cached { value, .. } => Some(value),
            Self::Missing { .. } => None,
        }
    }
}

macro_rules! texts {
    (
        $(#[$doc:meta])* $name:ident { $($field:ident,)* }
        $($(#[$more:meta])* $other:ident: $type:ty,)*
    ) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            $(#[doc = concat!("`", stringify!($field), "`, as the upstream system wrote it.")]
            pub $field: Option<String>,)*
            $($(#[$more])* pub $other: $type,)*
        }
    };
}

texts! {
    /// A call's context; numbers are masked.
    CallContext {
        identification, cpf, branch, account, segment, option, number, device, device_confirmed,
    }
    /// When it expires.
    expires_at: Option<Timestamp>,
}

texts! {
    /// An account's owner; numbers are masked.
    AccountOwner {
        name, social_name, trade_name, person, tax_id, identified, branch, account, opened_on,
    }
    /// The account that was looked up.
    codigo_conta: String,
    /// Whether the owner is the caller, if that is known.
    is_caller: Option<bool>,
    /// E-mail addresses.
    emails: Vec<Email>,
    /// Phone numbers.
    phones: Vec<Phone>,
    /// The bank's managers of this customer.
    managers: Vec<Manager>,
}

texts! {
    /// An e-mail address.
    Email { main, }
    /// The address, masked.
    address: String,
}

texts! {
    /// A phone number.
    Phone { country, area, number, extension, mobile, main, }
}

texts! {
    /// A manager at the bank.
    Manager { user, email, segment, platform, role, skill_queue, }
    /// Phone numbers.
    phones: Vec<Phone>,
}

impl Client {
    /// The path of the caller lookup.
    pub const CALLERS: &str = "/api/v1/callers";
    /// The gateway's path for context lookups.
    pub const CONTEXTOS: &str = "/apiaccess/rest/ccmessaging/v1/itau/ps7/contextos";
    /// The gateway's path for owner lookups.
    pub const CODIGO: &str = "/apiaccess/rest/ccmessaging/v1/itau/codigo";

    /// `findCaller`, within a deadline in milliseconds; the server has a default.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn find_caller(
        &self,
        call: &FindCaller,
        deadline_ms: Option<u32>,
    ) -> Result<ApiAnswer<FoundCaller>, ClientError> {
        let millis = deadline_ms.map(|millis| millis.to_string());
        let header = millis.as_deref().map(|millis| ("x-deadline-ms", millis));
        self.send(Method::POST, Self::CALLERS, header.as_slice(), Some(call)).await
    }

    /// `contextos` of the gateway: the body is the upstream system's document.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn contextos(&self, call: &FindCaller) -> Result<ApiAnswer<Document>, ClientError> {
        self.post(Self::CONTEXTOS, call).await
    }

    /// `codigo` of the gateway: the body is the upstream system's document.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn codigo(&self, query: &Value) -> Result<ApiAnswer<Document>, ClientError> {
        self.post(Self::CODIGO, query).await
    }
}
