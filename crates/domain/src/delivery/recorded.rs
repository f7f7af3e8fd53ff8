//! The answer to a delivery report, as it is stored for repetitions.

use uuid::Uuid;

use crate::field::InvalidField;
use crate::idempotency::Replayable;
use crate::mail::MailId;
use crate::payload::Payload;

use super::DeliveryStatus;

/// The version of the payload that is written now.
const VERSION: i32 = 1;
const MAIL: &str = "mail_id";
const STATUS: &str = "status";
const BOUNCED: &str = "bounced";

/// What became of a delivery report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportReceipt {
    /// The mail that it is about.
    pub mail: MailId,
    /// The status: that of the first report for a mail that has bounced.
    pub status: DeliveryStatus,
    /// Whether the mail has bounced, by this report or by one before.
    pub has_bounced: bool,
}

impl Replayable for ReportReceipt {
    fn to_payload(&self) -> Option<Payload> {
        let (mail, bounced) = (self.mail.to_string(), self.has_bounced.to_string());
        let fields = [(MAIL, &*mail), (STATUS, self.status.as_str()), (BOUNCED, &*bounced)];
        Some(Payload::new(VERSION, fields))
    }

    fn from_payload(payload: &Payload) -> Result<Self, InvalidField> {
        payload.must_be_version(VERSION)?;
        let mail = Uuid::try_parse(payload.get(MAIL)?);
        let bounced = payload.get(BOUNCED)?.parse();
        Ok(Self {
            mail: MailId(mail.map_err(|_| InvalidField::new(MAIL, "must be a UUID"))?),
            status: DeliveryStatus::parse(payload.get(STATUS)?)?,
            has_bounced: bounced.map_err(|_| InvalidField::new(BOUNCED, "must be a boolean"))?,
        })
    }
}
