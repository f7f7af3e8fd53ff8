//! The delivery watch: whom mails do not reach, and mails that came back.

use jiff::Timestamp;
use madoguchi_domain::redacted;
use serde::{Deserialize, Serialize};

use crate::answer::{ApiAnswer, ClientError};
use crate::client::{Client, query};

redacted!(WatchAnswer);

/// A person in the delivery watch, for one reason.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WatchAnswer {
    /// Who.
    pub person_id: String,
    /// `STOPPED`, `FAILED`, `UNCERTAIN`, `BOUNCED`, `SAME_EMAIL` or `SAME_PHONE`.
    pub reason: String,
    /// The last result, as a code.
    pub last_result: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// The mail that failed, is uncertain or came back.
    pub mail_id: Option<String>,
    /// A contact that the mail is about.
    pub contact_id: Option<String>,
    /// The announcement that the mail is about.
    pub announcement_id: Option<String>,
    /// The first person to be registered who has the same address.
    pub other_person_id: Option<String>,
}

/// What became of a delivery report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BounceReceipt {
    /// The mail that it is about.
    pub mail_id: String,
    /// The status of the first report of a mail that came back, or of this one.
    pub status: String,
    /// Whether the mail came back.
    pub has_bounced: bool,
}

impl Client {
    /// `listDeliveryWatch`: a page, with these parameters. The answer's `next` is the cursor of the
    /// next one.
    ///
    /// # Errors
    /// When no whole answer came; also for the other call.
    pub async fn delivery_watch(
        &self,
        parameters: &[(&str, &str)],
    ) -> Result<ApiAnswer<Vec<WatchAnswer>>, ClientError> {
        self.get(&query("/api/v1/delivery-watch", parameters)?).await
    }

    /// `reportDelivery`: a delivery report as it came by mail.
    pub async fn report_delivery(
        &self,
        message: impl Into<Vec<u8>>,
    ) -> Result<ApiAnswer<BounceReceipt>, ClientError> {
        self.post_raw("/api/v1/bounces", "message/rfc822", message.into()).await
    }
}
