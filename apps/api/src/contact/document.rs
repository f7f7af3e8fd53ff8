//! The documentation of the routes of contacts.

use madoguchi_domain::approval::ApprovalName;
use madoguchi_domain::contact::{AnswerStatus, ContactId, ContactTypeName, PolicyNumber};
use madoguchi_domain::person::PersonId;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use super::bodies::{AddContact, AnswerContact, ApprovalItem, MOST_APPROVALS, UpdateContact};
use super::history::VersionView;
use super::mail_view::mail_states;
use super::message::MessageEntry;
use super::outcome::{OutcomeView, WrittenView};
use super::view::ContactView;
use crate::body::{one_of, text_of};
use crate::csv_export::CSV;
use crate::cursor::{CURSOR, LIMIT};
use crate::lists::LAG;
use crate::operation::{Answer, Link, Operation, Parameter, Place, Schemas, named};
use crate::precondition::{ETAG, IF_MATCH};
use crate::problem::Code;
use crate::query::Moment;
use crate::view::Nothing;

const TAG: &str = "contacts";

const EMPTY: Operation = Operation { tag: TAG, is_coded: true, ..Operation::EMPTY };

const CONTACT_ID: Parameter = Parameter {
    name: "contactId",
    place: Place::Path,
    text: "The id of the contact.",
    schema: text_of::<ContactId>,
};

const fn filter(
    name: &'static str,
    text: &'static str,
    schema: fn() -> RefOr<Schema>,
) -> Parameter {
    Parameter { name, place: Place::Query, text, schema }
}

const FILTERS: [Parameter; 12] = [
    filter("personId", "Contacts for this person.", text_of::<PersonId>),
    filter("policyNumber", "Contacts that name this policy now.", text_of::<PolicyNumber>),
    filter("type", "Notices or requests.", text_of::<ContactTypeName>),
    filter("answerStatus", "Answered or not.", || {
        one_of(AnswerStatus::ALL.map(AnswerStatus::as_str)).into()
    }),
    filter("approval", "The state of the approval.", || {
        one_of(ApprovalName::ALL.map(ApprovalName::as_str)).into()
    }),
    filter("mail", "The state of the mail.", mail_states),
    filter("createdFrom", "Added then or later.", text_of::<Moment>),
    filter("createdBefore", "Added earlier.", text_of::<Moment>),
    filter(
        "waiting",
        "The inbox of approvers, the longest waiting first: contacts that wait for approval, all \
         or those that are due for a reminder or for escalation.",
        || one_of(["ALL", "REMINDER", "ESCALATION"]).into(),
    ),
    filter(
        "notActedOn",
        "`true`: what customers see and have yet to act on. Not with `type` or `answerStatus`.",
        || ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([true])).into(),
    ),
    CURSOR,
    LIMIT,
];

/// The operations on the contact that an answer names.
const OF_THIS_CONTACT: [Link; 4] = [
    by_id("readContact"),
    by_id("updateContact"),
    by_id("deleteContact"),
    by_id("readContactHistory"),
];

const fn by_id(to: &'static str) -> Link {
    Link { to, parameter: "contactId", from: "/data/contactId" }
}

pub(super) const ADD: Operation = Operation {
    id: "addContact",
    summary: "Write a contact to a customer",
    text: "It waits for the approval of a second person; until then the customer does not see it. \
           `sender.kind` must be the kind of the caller.",
    body: Some(named::<AddContact>),
    answers: &[Answer::result::<WrittenView>(201, "The contact is added.")
        .linked(&OF_THIS_CONTACT)
        .with(&[ETAG])],
    refusals: &[Code::PersonNotFound, Code::NotFound],
    ..EMPTY
};

pub(super) const LIST: Operation = Operation {
    id: "listContacts",
    summary: "List contacts",
    text: "Newest first; with `waiting`, the longest waiting first. Deleted contacts are listed \
           too. Fast pairs of filters: `personId` and `answerStatus`, `type` and `answerStatus`, \
           `approval` and `createdFrom` or `createdBefore`. With `Accept: text/csv`, all that \
           match are a CSV of ids, states and times, without `cursor` and `limit`.",
    parameters: &FILTERS,
    answers: &[
        Answer::results::<ContactView<'_>>("A page of contacts.").with(&[LAG]),
        Answer::text(CSV, "All contacts that match, if CSV is accepted."),
    ],
    refusals: &[Code::NotFound],
    ..EMPTY
};

pub(super) const READ: Operation = Operation {
    id: "readContact",
    summary: "Read a contact",
    text: "As staff see it, also if it is deleted. `allowedActions` are what this caller can do \
           with it now; `contentHash` is what an approval names.",
    parameters: &[CONTACT_ID],
    answers: &[Answer::result::<ContactView<'_>>(200, "The contact.").with(&[ETAG])],
    refusals: &[Code::ContactNotFound, Code::NotFound],
    ..EMPTY
};

pub(super) const UPDATE: Operation = Operation {
    id: "updateContact",
    summary: "Edit, approve or reject a contact, or mark it as answered by phone",
    text: "Content needs `contact.write`, `answerStatus` needs `contact.respond`, `approve` and \
           `reject` need `contact.approve`. `If-Match` holds the `ETag` of the contact as it was \
           read, or `*`. An edit of a valid contact is live at once; an answered contact cannot \
           be changed.",
    body: Some(named::<UpdateContact>),
    parameters: &[CONTACT_ID, IF_MATCH],
    answers: &[Answer::result::<WrittenView>(200, "The contact is changed.").with(&[ETAG])],
    refusals: &[
        Code::ContactNotFound,
        Code::NotFound,
        Code::ContactAnswered,
        Code::ContactNotValid,
        Code::ApprovalClosed,
        Code::FourEyes,
        Code::ContentMoved,
        Code::PreconditionFailed,
        Code::PreconditionRequired,
    ],
    ..EMPTY
};

pub(super) const DELETE: Operation = Operation {
    id: "deleteContact",
    summary: "Delete a contact",
    text: "Logically: staff still read it, the customer does not. Deleting what is deleted \
           succeeds, whatever `If-Match` holds.",
    parameters: &[CONTACT_ID, IF_MATCH],
    answers: &[Answer::result::<Nothing>(200, "The contact is deleted.").with(&[ETAG])],
    refusals: &[
        Code::ContactNotFound,
        Code::NotFound,
        Code::PreconditionFailed,
        Code::PreconditionRequired,
    ],
    ..EMPTY
};

pub(super) const HISTORY: Operation = Operation {
    id: "readContactHistory",
    summary: "Read every event of a contact, with old and new values",
    parameters: &[CONTACT_ID],
    answers: &[Answer::results::<VersionView<'_>>("The events, oldest first.")],
    refusals: &[Code::ContactNotFound, Code::NotFound],
    ..EMPTY
};

fn approvals(schemas: &mut Schemas) -> RefOr<Schema> {
    let items = ArrayBuilder::new().items(named::<ApprovalItem>(schemas));
    items.min_items(Some(1)).max_items(Some(MOST_APPROVALS)).into()
}

pub(super) const APPROVE: Operation = Operation {
    id: "approveContacts",
    summary: "Approve several contacts",
    text: "Each has its own outcome, in the order of the request; one that is refused does not \
           stop the others. All approvals of one call become true together.",
    body: Some(approvals),
    answers: &[Answer::results::<OutcomeView>("What became of each contact.")],
    refusals: &[Code::NotFound],
    ..EMPTY
};

pub(super) const ANSWER: Operation = Operation {
    id: "answerContact",
    summary: "Answer a contact as the customer",
    text: "A contact has at most one answer. With `contact.answer`, only contacts for the person \
           of the token; with `contact.answer.any`, those for any person.",
    body: Some(named::<AnswerContact>),
    parameters: &[CONTACT_ID],
    answers: &[Answer::result::<WrittenView>(200, "The answer is recorded.").with(&[ETAG])],
    refusals: &[
        Code::ContactNotFound,
        Code::NotFound,
        Code::ContactAnswered,
        Code::ContactNotValid,
    ],
    ..EMPTY
};

pub(super) const MESSAGES: Operation = Operation {
    id: "listMessages",
    summary: "List the messages to a customer",
    text: "What the customer sees now, without sender, the latest first. With `contact.answer`, \
           only for the person of the token; with `contact.answer.any`, for any person.",
    parameters: &[
        Parameter {
            name: "personId",
            place: Place::Path,
            text: "The id of the person.",
            schema: text_of::<PersonId>,
        },
        CURSOR,
        LIMIT,
    ],
    answers: &[Answer::results::<MessageEntry<'_>>("A page of messages.")],
    refusals: &[Code::PersonNotFound, Code::NotFound],
    ..EMPTY
};
