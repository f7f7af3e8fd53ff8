//! What a delivery report says, as far as we use it (RFC 3464).

use crate::Timestamp;
use crate::closed_set::closed_set;
use crate::mail::MessageId;
use crate::parsed_text::parsed_text;

parsed_text! {
    /// A status of a delivery, for example `5.1.1`: class, subject and detail (RFC 3463 §2).
    #[derive(Debug)]
    pub struct DeliveryStatus:
        "status",
        "must be a status of RFC 3463 like 5.1.1, of the classes 2, 4 and 5",
        is_status;
    /// The status as text.
    as_str
}

fn is_status(text: &str) -> bool {
    let is_number = |part: &str| {
        (1..=3).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && (part.len() == 1 || !part.starts_with('0'))
    };
    let mut parts = text.split('.');
    let class = parts.next().is_some_and(|it| ["2", "4", "5"].contains(&it));
    let (numbers, rest): (Vec<&str>, _) = (parts.by_ref().take(2).collect(), parts.next());
    class && rest.is_none() && numbers.len() == 2 && numbers.into_iter().all(is_number)
}

impl DeliveryStatus {
    /// Whether it says that the mail was delivered.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.0.starts_with('2')
    }
}

closed_set! {
    /// What a mail system did with a mail (RFC 3464 §2.3.3).
    pub enum ReportAction {
        /// It could not deliver the mail, and has given up.
        Failed = "failed",
        /// It could not deliver the mail yet, and tries again.
        Delayed = "delayed",
        /// It delivered the mail.
        Delivered = "delivered",
        /// It gave the mail to a system that does not report.
        Relayed = "relayed",
        /// It delivered the mail to several addresses.
        Expanded = "expanded",
    }
}

/// A delivery report. It proves nothing about who wrote it, and its address is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryReport {
    /// The mail that it is about, by the id in the returned header.
    pub message_id: MessageId,
    /// What happened to the mail: the failure, if there is one among several.
    pub action: ReportAction,
    /// Why.
    pub status: DeliveryStatus,
    /// When the report was written, as it says.
    pub reported_at: Option<Timestamp>,
}
