//! The mail of a contact as the JSON that staff see.

use madoguchi_domain::Timestamp;
use madoguchi_domain::contact::Contact;
use madoguchi_domain::mail::{MailState, MailStatus};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::body::one_of;

/// What became of the mail about the contact.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContactMail)]
pub(super) struct MailView<'a> {
    #[schema(schema_with = mail_states)]
    state: &'static str,
    /// Since when it is so; of a pending mail, when it is due.
    #[schema(required)]
    at: Option<Timestamp>,
    /// Why it is `SUPPRESSED`, or the code with which it is `FAILED`.
    #[schema(required)]
    reason: Option<&'a str>,
    /// The id of the mail, which contacts of one group share. The audit log names it.
    #[schema(required)]
    mail_id: Option<String>,
}

impl<'a> MailView<'a> {
    pub(super) fn of(contact: &'a Contact) -> Self {
        let mail = contact.mail.as_ref();
        let status = mail.map(|mail| &mail.status);
        Self {
            state: contact.mail_state().as_str(),
            at: status.map(MailStatus::at),
            reason: status.and_then(MailStatus::reason),
            mail_id: mail.map(|mail| mail.id.to_string()),
        }
    }
}

pub(super) fn mail_states() -> RefOr<Schema> {
    one_of(MailState::ALL.map(MailState::as_str)).into()
}
