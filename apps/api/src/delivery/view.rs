//! The delivery watch as JSON.

use madoguchi_domain::Timestamp;
use madoguchi_domain::delivery::{MailTopic, ReportReceipt, WatchCause, WatchEntry, WatchReason};
use madoguchi_domain::person::PersonId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::body::one_of;

pub(super) fn reasons() -> RefOr<Schema> {
    one_of(WatchReason::ALL.map(WatchReason::as_str)).into()
}

/// A person in the delivery watch, for one reason.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WatchEntry)]
pub(super) struct WatchView<'a> {
    person_id: &'a str,
    #[schema(schema_with = reasons)]
    reason: &'static str,
    /// `MAIL_STOPPED` or `NOTIFICATION_OFF`, the code of the mail that failed, or the status of the
    /// report (RFC 3463); null if there is none.
    #[schema(required)]
    last_result: Option<&'a str>,
    /// When mail was stopped, when the last result came, or since when the address is shared.
    since: Timestamp,
    /// The mail that failed, is uncertain or came back.
    #[schema(required)]
    mail_id: Option<String>,
    /// A contact that the mail is about; null for a mail that came back.
    #[schema(required)]
    contact_id: Option<String>,
    /// The announcement that the mail is about; null for a mail that came back.
    #[schema(required)]
    announcement_id: Option<String>,
    /// The first person to be registered who has the same address.
    #[schema(required)]
    other_person_id: Option<&'a str>,
}

impl<'a> From<&'a WatchEntry> for WatchView<'a> {
    fn from(entry: &'a WatchEntry) -> Self {
        let cause = &entry.cause;
        Self {
            person_id: entry.person.expose(),
            reason: cause.reason().as_str(),
            last_result: cause.last_result(),
            since: entry.since,
            mail_id: cause.mail().map(|mail| mail.to_string()),
            contact_id: contact_id(cause),
            announcement_id: announcement_id(cause),
            other_person_id: cause.other().map(PersonId::expose),
        }
    }
}

pub(super) fn contact_id(cause: &WatchCause) -> Option<String> {
    match cause.about()? {
        MailTopic::Contact(id) => Some(id.to_string()),
        MailTopic::Announcement(_) => None,
    }
}

pub(super) fn announcement_id(cause: &WatchCause) -> Option<String> {
    match cause.about()? {
        MailTopic::Contact(_) => None,
        MailTopic::Announcement(id) => Some(id.to_string()),
    }
}

/// What became of a delivery report.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReportReceipt)]
pub(super) struct ReceiptView<'a> {
    mail_id: String,
    /// The status of the first report of a mail that came back, or of this one.
    status: &'a str,
    /// Whether the mail came back, as this report or one before says. False for a report of a
    /// delay or of a success, of which nothing is recorded.
    has_bounced: bool,
}

impl<'a> From<&'a ReportReceipt> for ReceiptView<'a> {
    fn from(receipt: &'a ReportReceipt) -> Self {
        Self {
            mail_id: receipt.mail.to_string(),
            status: receipt.status.as_str(),
            has_bounced: receipt.has_bounced,
        }
    }
}
