//! The documentation of the routes of retention.

use madoguchi_domain::contact::{ApplicationId, ContactId};
use madoguchi_domain::person::PersonId;
use madoguchi_domain::retention::HoldId;
use utoipa::openapi::{RefOr, Schema};

use super::bodies::{CompleteApplication, PlaceHold};
use super::view::{
    CompletionView, HoldView, PlacedHoldView, PurgeReceiptView, ReleasedHoldView, UnansweredView,
};
use crate::body::{NoFields, one_of, text_of};
use crate::csv_export::CSV;
use crate::cursor::{CURSOR, LIMIT};
use crate::lists::LAG;
use crate::operation::{Answer, Operation, Parameter, Place, named};
use crate::problem::Code;
use crate::query::Moment;

const EMPTY: Operation = Operation { tag: "retention", ..Operation::EMPTY };

const fn parameter(
    name: &'static str,
    place: Place,
    text: &'static str,
    schema: fn() -> RefOr<Schema>,
) -> Parameter {
    Parameter { name, place, text, schema }
}

const fn filter(
    name: &'static str,
    text: &'static str,
    schema: fn() -> RefOr<Schema>,
) -> Parameter {
    parameter(name, Place::Query, text, schema)
}

pub(super) const COMPLETE: Operation = Operation {
    id: "completeApplication",
    summary: "Record that an application completed",
    text: "Its contacts are kept for two calendar months from the day of completion in Japan, the \
           last day included (from 31 December to the last of February). Then those that wait for \
           no answer are deleted, logically. The same day again changes nothing; another day is \
           409, because the first one is final.",
    body: Some(named::<CompleteApplication>),
    parameters: &[parameter(
        "applicationId",
        Place::Path,
        "The application, which a contact must name.",
        text_of::<ApplicationId>,
    )],
    answers: &[Answer::data::<CompletionView<'_>>(200, "The completion is recorded.")],
    refusals: &[Code::ApplicationNotFound, Code::CompletionConflict, Code::NotFound],
    ..EMPTY
};

pub(super) const UNANSWERED: Operation = Operation {
    id: "listUnanswered",
    summary: "List what nobody has answered while its retention ends",
    text: "A request for an action is reported a configured time before the retention of its \
           application ends, the last reported first. It is not deleted then: it stays until it is \
           answered or purged, and leaves this list with its answer. With `Accept: text/csv`, all \
           that match are a CSV, without `cursor` and `limit`.",
    parameters: &[
        filter("personId", "To this person.", text_of::<PersonId>),
        filter("applicationId", "About this application.", text_of::<ApplicationId>),
        filter("from", "Reported then, or later.", text_of::<Moment>),
        filter("to", "Reported before then.", text_of::<Moment>),
        CURSOR,
        LIMIT,
    ],
    answers: &[
        Answer::list::<UnansweredView<'_>>("A page of contacts.").with(&[LAG]),
        Answer::text(CSV, "All contacts that match, if CSV is accepted."),
    ],
    refusals: &[Code::NotFound],
    ..EMPTY
};

pub(super) const RECEIPTS: Operation = Operation {
    id: "listPurgeReceipts",
    summary: "List the receipts of purges, newest first",
    text: "A purged contact answers 404 everywhere else. Its receipt and its rows in the audit log \
           stay, without personal data.",
    parameters: &[
        filter("contactId", "Of this contact.", text_of::<ContactId>),
        filter("from", "Purged then, or later.", text_of::<Moment>),
        filter("to", "Purged before then.", text_of::<Moment>),
        CURSOR,
        LIMIT,
    ],
    answers: &[Answer::list::<PurgeReceiptView<'_>>("A page of receipts.").with(&[LAG])],
    refusals: &[Code::NotFound],
    ..EMPTY
};

pub(super) const PLACE: Operation = Operation {
    id: "placeHold",
    summary: "Place a legal hold on a person or an application",
    text: "While it is in force, retention deletes and purges none of the contacts that it covers, \
           later ones included; from this answer on, also a run that is under way. People may \
           still delete a contact, logically: its content stays. The answer says what was gone \
           before.",
    body: Some(named::<PlaceHold>),
    answers: &[Answer::data::<PlacedHoldView>(201, "It is in force.")],
    refusals: &[Code::PersonNotFound, Code::ApplicationNotFound, Code::NotFound],
    ..EMPTY
};

pub(super) const HOLDS: Operation = Operation {
    id: "listHolds",
    summary: "List legal holds, newest first",
    parameters: &[
        filter("personId", "On this person.", text_of::<PersonId>),
        filter("applicationId", "On this application.", text_of::<ApplicationId>),
        filter("inForce", "`true`: without released ones.", || one_of(["true"]).into()),
        CURSOR,
        LIMIT,
    ],
    answers: &[Answer::list::<HoldView<'_>>("A page of legal holds.").with(&[LAG])],
    refusals: &[Code::NotFound],
    ..EMPTY
};

pub(super) const RELEASE: Operation = Operation {
    id: "releaseHold",
    summary: "Release a legal hold",
    text: "The next run of retention deletes and purges what is due, unless another hold covers \
           it. A released hold stays released.",
    body: Some(named::<NoFields>),
    parameters: &[parameter("holdId", Place::Path, "The legal hold.", text_of::<HoldId>)],
    answers: &[Answer::data::<ReleasedHoldView>(200, "It is not in force any more.")],
    refusals: &[Code::HoldNotFound, Code::NotFound],
    ..EMPTY
};
