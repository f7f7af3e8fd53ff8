//! The documentation of the routes of the delivery watch.

use madoguchi_domain::person::PersonId;
use utoipa::openapi::{RefOr, Schema};

use super::view::{ReceiptView, WatchView, reasons};
use crate::body::text_of;
use crate::call::MESSAGE;
use crate::csv_export::CSV;
use crate::cursor::{CURSOR, LIMIT};
use crate::lists::LAG;
use crate::operation::{Answer, Operation, Parameter, Place};
use crate::problem::Code;
use crate::query::Moment;

const EMPTY: Operation = Operation { tag: "delivery", ..Operation::EMPTY };

const fn filter(
    name: &'static str,
    text: &'static str,
    schema: fn() -> RefOr<Schema>,
) -> Parameter {
    Parameter { name, place: Place::Query, text, schema }
}

pub(super) const LIST: Operation = Operation {
    id: "listDeliveryWatch",
    summary: "List whom mails do not reach, and who looks like the same customer twice",
    text: "One entry for each person and reason, newest first. A failed, uncertain or bounced mail \
           is listed until a later mail to the person was sent, or the e-mail address changed. No \
           entry holds an address. With `Accept: text/csv`, all that match are a CSV, without \
           `cursor` and `limit`.",
    parameters: &[
        filter("reason", "For this reason.", reasons),
        filter("personId", "Of this person.", text_of::<PersonId>),
        filter("from", "Since then, or later.", text_of::<Moment>),
        filter("to", "Since before then.", text_of::<Moment>),
        CURSOR,
        LIMIT,
    ],
    answers: &[
        Answer::list::<WatchView<'_>>("A page of entries.").with(&[LAG]),
        Answer::text(CSV, "All entries that match, if CSV is accepted."),
    ],
    ..EMPTY
};

pub(super) const REPORT: Operation = Operation {
    id: "reportDelivery",
    summary: "Report a mail that came back",
    text: "The body is the delivery report (RFC 3464) as it came by mail, at most 1 MiB. It counts \
           only if it returns the `Message-ID` of a mail of ours that was sent, or may have been; \
           its addresses are not read. Several reports of one mail are one bounce. A bounce shows \
           in the delivery watch; it changes no mail and stops none. A delay or a success is \
           accepted, and nothing is recorded of it.",
    raw_body: Some(MESSAGE),
    answers: &[Answer::data::<ReceiptView<'_>>(200, "What became of the report.")],
    refusals: &[Code::ReportUnreadable, Code::MailNotFound, Code::MailNotSent],
    ..EMPTY
};
