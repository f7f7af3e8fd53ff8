//! The documentation of the routes of persons.

use madoguchi_domain::person::{AccountId, PersonId};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::bodies::{ChangeDetails, RegisterPerson, SearchPersons, SetMailNotification};
use super::view::{AccountMailView, AccountOfPerson, PersonView, RegisteredPerson, VersionView};
use crate::body::text_of;
use crate::operation::{Answer, Link, Operation, Parameter, Place, named};
use crate::precondition::{ETAG, IF_MATCH};
use crate::problem::Code;

const TAG: &str = "persons";

const PERSON_ID: Parameter = Parameter {
    name: "personId",
    place: Place::Path,
    text: "The id of the person.",
    schema: text_of::<PersonId>,
};

const ACCOUNT_ID: Parameter = Parameter {
    name: "accountId",
    place: Place::Path,
    text: "The id of the account.",
    schema: text_of::<AccountId>,
};

const REVEAL: Parameter = Parameter {
    name: "reveal",
    place: Place::Query,
    text: "`true` shows personal data in clear. It needs the scope `person.reveal` too, and is \
           recorded in the audit log.",
    schema: || ObjectBuilder::new().schema_type(Type::Boolean).into(),
};

/// The operations on the person that an answer names.
const OF_THIS_PERSON: [Link; 3] =
    [by_id("readPerson"), by_id("readPersonHistory"), by_id("changeContactDetails")];

const fn by_id(to: &'static str) -> Link {
    Link { to, parameter: "personId", from: "/data/personId" }
}

pub(super) const REGISTER: Operation = Operation {
    id: "registerPerson",
    tag: TAG,
    summary: "Register a person",
    text: "Repeating the same registration is safe and answers 200; other data under a known id is \
           refused, and so is an account that has another person, unless the server allows it.",
    body: Some(named::<RegisterPerson>),
    answers: &[
        Answer::data::<RegisteredPerson<'_>>(201, "The person is registered now.")
            .linked(&OF_THIS_PERSON)
            .with(&[ETAG]),
        Answer::data::<RegisteredPerson<'_>>(200, "The person was registered before.")
            .with(&[ETAG]),
    ],
    refusals: &[Code::PersonConflict, Code::NotFound],
    ..Operation::EMPTY
};

pub(super) const READ: Operation = Operation {
    id: "readPerson",
    tag: TAG,
    summary: "Read a person",
    text: "Personal data is masked with `*`.",
    parameters: &[PERSON_ID, REVEAL],
    answers: &[Answer::data::<PersonView<'_>>(200, "The person.").with(&[ETAG])],
    refusals: &[Code::PersonNotFound, Code::NotFound],
    ..Operation::EMPTY
};

pub(super) const HISTORY: Operation = Operation {
    id: "readPersonHistory",
    tag: TAG,
    summary: "Read every change of a person's contact details",
    text: "Personal data is masked with `*`.",
    parameters: &[PERSON_ID, REVEAL],
    answers: &[Answer::list::<VersionView<'_>>("The changes, oldest first.")],
    refusals: &[Code::PersonNotFound, Code::NotFound],
    ..Operation::EMPTY
};

pub(super) const SEARCH: Operation = Operation {
    id: "searchPersons",
    tag: TAG,
    summary: "Find the person with an e-mail address or a phone number",
    text: "The address is compared exactly. Several persons with it are refused: which one is \
           meant is never guessed. Each search is recorded in the audit log, without the address.",
    body: Some(named::<SearchPersons>),
    answers: &[Answer::data::<PersonView<'_>>(200, "The person, masked.").with(&[ETAG])],
    refusals: &[Code::PersonNotFound, Code::PersonAmbiguous, Code::NotFound],
    ..Operation::EMPTY
};

pub(super) const CHANGE_DETAILS: Operation = Operation {
    id: "changeContactDetails",
    tag: TAG,
    summary: "Change a person's contact details, or stop mail to it",
    text: "The identity with which the person signs in elsewhere never changes. `If-Match` holds \
           the `ETag` of the person as it was read, or `*`.",
    body: Some(named::<ChangeDetails>),
    raw_body: None,
    parameters: &[PERSON_ID, IF_MATCH],
    answers: &[Answer::result::<AccountOfPerson<'_>>(200, "The person's account.").with(&[ETAG])],
    refusals: &[
        Code::PersonNotFound,
        Code::NotFound,
        Code::PreconditionFailed,
        Code::PreconditionRequired,
    ],
    is_coded: true,
};

pub(super) const SET_MAIL: Operation = Operation {
    id: "setMailNotification",
    tag: TAG,
    summary: "Switch mail to all persons of an account on or off",
    text: "A person whose mail is stopped gets none in any case.",
    body: Some(named::<SetMailNotification>),
    parameters: &[ACCOUNT_ID],
    answers: &[Answer::data::<AccountMailView<'_>>(200, "The setting as it is now.")],
    refusals: &[Code::AccountNotFound, Code::NotFound],
    ..Operation::EMPTY
};
