//! Persons: register, read, search, and change their contact details.

use jiff::Timestamp;
use madoguchi_domain::redacted;
use serde::{Deserialize, Serialize};

use crate::answer::{ApiAnswer, ClientError};
use crate::client::{Client, Method, segment};

redacted!(RegisterPerson, PersonAnswer, MailStopAnswer, SearchPersons, ChangeContactDetails);
redacted!(PersonAccount, ContactChange, FieldChange, AccountAnswer);

/// A registration.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterPerson {
    /// The insurer's or bank's id of the person.
    pub person_id: String,
    /// The person's account on My page.
    pub account_id: String,
    /// An e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// A phone number, in any notation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The language of texts to the person, for example `ja`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The identity with which the person signs in at another provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_identity: Option<String>,
}

impl RegisterPerson {
    /// A person without any address.
    #[must_use]
    pub fn new(person_id: impl Into<String>, account_id: impl Into<String>) -> Self {
        Self {
            person_id: person_id.into(),
            account_id: account_id.into(),
            email: None,
            phone: None,
            locale: None,
            external_identity: None,
        }
    }
}

/// A person and its account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonAccount {
    /// The person; only in the answer to its registration.
    pub person_id: Option<String>,
    /// Its account.
    pub account_id: String,
}

/// A person, masked or in clear.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonAnswer {
    /// The insurer's or bank's id of the person.
    pub person_id: String,
    /// Its account.
    pub account_id: String,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Its phone number, in E.164 or masked.
    pub phone: Option<String>,
    /// Its language.
    pub locale: Option<String>,
    /// The identity with which it signs in at another provider.
    pub external_identity: Option<String>,
    /// Whether mail to this person is stopped.
    pub mail_stopped: bool,
    /// Who stopped it, when and why.
    pub mail_stop: Option<MailStopAnswer>,
    /// Whether the persons of the account get mail.
    pub mail_notification: bool,
}

/// Who stopped mail, when and why.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailStopAnswer {
    /// When.
    pub at: Timestamp,
    /// Who: the actor's subject.
    pub by: String,
    /// `HUMAN` or `SYSTEM`.
    pub kind: String,
    /// Why.
    pub reason: String,
}

/// One change of contact details.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactChange {
    /// The version that it made.
    pub version: u32,
    /// When.
    pub at: Timestamp,
    /// Who: the actor's subject.
    pub by: String,
    /// `HUMAN` or `SYSTEM`.
    pub kind: String,
    /// The `x-request-id` of the request.
    pub correlation: String,
    /// The fields that changed.
    pub changes: Vec<FieldChange>,
}

/// A field that changed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// `email`, `phone` or `mailStopReason`.
    pub field: String,
    /// Its value before.
    pub old: Option<String>,
    /// Its value after.
    pub new: Option<String>,
}

/// An address to search for: exactly one of the two.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchPersons {
    /// An e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// A phone number, in any notation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

impl SearchPersons {
    /// By e-mail address.
    #[must_use]
    pub fn by_email(email: impl Into<String>) -> Self {
        Self { email: Some(email.into()), phone: None }
    }
}

/// A change of contact details; what is `None` stays.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeContactDetails {
    /// The new e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The new phone number, in any notation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Whether mail to this person is stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail_stopped: Option<bool>,
    /// Why, if it is stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail_stop_reason: Option<String>,
}

/// An account's mail setting.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountAnswer {
    /// The account.
    pub account_id: String,
    /// Whether its persons get mail.
    pub mail_notification: bool,
}

impl Client {
    /// `registerPerson`: 201, or 200 if it was registered before.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn register_person(
        &self,
        person: &RegisterPerson,
    ) -> Result<ApiAnswer<PersonAccount>, ClientError> {
        self.post("/api/v1/persons", person).await
    }

    /// `readPerson`; in clear with `reveal`. The answer's `etag` is for a change.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn person(
        &self,
        person_id: &str,
        reveal: bool,
    ) -> Result<ApiAnswer<PersonAnswer>, ClientError> {
        self.get(&format!("/api/v1/persons/{}?reveal={reveal}", segment(person_id)?)).await
    }

    /// `readPersonHistory`; in clear with `reveal`.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn person_history(
        &self,
        person_id: &str,
        reveal: bool,
    ) -> Result<ApiAnswer<Vec<ContactChange>>, ClientError> {
        self.get(&format!("/api/v1/persons/{}/history?reveal={reveal}", segment(person_id)?)).await
    }

    /// `searchPersons`.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn search_persons(
        &self,
        search: &SearchPersons,
    ) -> Result<ApiAnswer<PersonAnswer>, ClientError> {
        self.post("/api/v1/persons/search", search).await
    }

    /// `changeContactDetails`, on the version with this ETag, or on any with `*`.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn change_contact_details(
        &self,
        person_id: &str,
        if_match: &str,
        change: &ChangeContactDetails,
    ) -> Result<ApiAnswer<PersonAccount>, ClientError> {
        let path = format!("/api/v1/persons/{}/contact-details", segment(person_id)?);
        self.send(Method::PUT, &path, &[("If-Match", if_match)], Some(change)).await
    }

    /// `setMailNotification`.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn set_mail_notification(
        &self,
        account_id: &str,
        notification: bool,
    ) -> Result<ApiAnswer<AccountAnswer>, ClientError> {
        let path = format!("/api/v1/accounts/{}", segment(account_id)?);
        let body = serde_json::json!({ "mailNotification": notification });
        self.send(Method::PATCH, &path, &[], Some(&body)).await
    }
}
