//! The documentation of the routes of announcements.

use madoguchi_domain::announcement::AnnouncementId;

use super::bodies::{
    AddAnnouncement, ApproveAnnouncement, MarkAnnouncementRead, RejectAnnouncement,
    UpdateAnnouncement,
};
use super::view::{AnnouncementDetail, AnnouncementView, WrittenAnnouncementView, states};
use crate::body::{NoFields, text_of};
use crate::cursor::{CURSOR, LIMIT};
use crate::lists::LAG;
use crate::operation::{Answer, Operation, Parameter, Place, named};
use crate::precondition::{ETAG, IF_MATCH};
use crate::problem::Code;
use crate::view::Nothing;

const EMPTY: Operation = Operation { tag: "announcements", ..Operation::EMPTY };

const ID: Parameter = Parameter {
    name: "announcementId",
    place: Place::Path,
    text: "The announcement.",
    schema: text_of::<AnnouncementId>,
};

pub(super) const ADD: Operation = Operation {
    id: "addAnnouncement",
    summary: "Write an announcement",
    text: "A draft, which has no recipients yet.",
    body: Some(named::<AddAnnouncement>),
    answers: &[Answer::data::<WrittenAnnouncementView>(201, "It is a draft.").with(&[ETAG])],
    refusals: &[Code::NotFound],
    ..EMPTY
};

pub(super) const LIST: Operation = Operation {
    id: "listAnnouncements",
    summary: "List announcements, newest first",
    parameters: &[
        Parameter { name: "state", place: Place::Query, text: "The state.", schema: states },
        CURSOR,
        LIMIT,
    ],
    answers: &[Answer::list::<AnnouncementView<'_>>("A page of announcements.").with(&[LAG])],
    refusals: &[Code::NotFound],
    ..EMPTY
};

pub(super) const READ: Operation = Operation {
    id: "readAnnouncement",
    summary: "Read an announcement, and how far its mails are",
    parameters: &[ID],
    answers: &[Answer::data::<AnnouncementDetail<'_>>(200, "The announcement.").with(&[ETAG])],
    refusals: &[Code::AnnouncementNotFound, Code::NotFound],
    ..EMPTY
};

pub(super) const UPDATE: Operation = Operation {
    id: "updateAnnouncement",
    summary: "Change an announcement that is not approved",
    text: "A submission is void then, and a rejected announcement is a draft again.",
    body: Some(named::<UpdateAnnouncement>),
    parameters: &[ID, IF_MATCH],
    answers: &[Answer::data::<WrittenAnnouncementView>(200, "It is a draft.").with(&[ETAG])],
    refusals: &[
        Code::AnnouncementNotFound,
        Code::NotFound,
        Code::ApprovalClosed,
        Code::PreconditionFailed,
        Code::PreconditionRequired,
    ],
    ..EMPTY
};

pub(super) const SUBMIT: Operation = Operation {
    id: "submitAnnouncement",
    summary: "Fix the recipients: everyone who is registered now",
    text: "Who is registered later gets none. Submitting again takes the persons of then.",
    body: Some(named::<NoFields>),
    parameters: &[ID],
    answers: &[
        Answer::data::<WrittenAnnouncementView>(200, "It waits for another person.").with(&[ETAG])
    ],
    refusals: &[
        Code::AnnouncementNotFound,
        Code::NotFound,
        Code::ApprovalClosed,
        Code::AnnouncementNotSubmitted,
        Code::AnnouncementWithoutRecipients,
    ],
    ..EMPTY
};

pub(super) const APPROVE: Operation = Operation {
    id: "approveAnnouncement",
    summary: "Approve the content and the recipients that another person submitted",
    text: "Its recipients see it from then on, or from `postedAt`. If it has mails, a first batch \
           is planned, and the rest waits for a release.",
    body: Some(named::<ApproveAnnouncement>),
    parameters: &[ID],
    answers: &[Answer::data::<WrittenAnnouncementView>(200, "It is approved.").with(&[ETAG])],
    refusals: &[
        Code::AnnouncementNotFound,
        Code::NotFound,
        Code::ApprovalClosed,
        Code::AnnouncementNotSubmitted,
        Code::FourEyes,
        Code::ContentMoved,
    ],
    ..EMPTY
};

pub(super) const REJECT: Operation = Operation {
    id: "rejectAnnouncement",
    summary: "Reject an announcement",
    body: Some(named::<RejectAnnouncement>),
    parameters: &[ID],
    answers: &[Answer::data::<WrittenAnnouncementView>(200, "It is rejected.").with(&[ETAG])],
    refusals: &[
        Code::AnnouncementNotFound,
        Code::NotFound,
        Code::ApprovalClosed,
        Code::AnnouncementNotSubmitted,
        Code::FourEyes,
    ],
    ..EMPTY
};

pub(super) const RELEASE: Operation = Operation {
    id: "releaseAnnouncement",
    summary: "Release the mails after the first batch",
    body: Some(named::<NoFields>),
    parameters: &[ID],
    answers: &[
        Answer::data::<WrittenAnnouncementView>(200, "The rest is being planned.").with(&[ETAG])
    ],
    refusals: &[
        Code::AnnouncementNotFound,
        Code::NotFound,
        Code::AnnouncementWithoutMails,
        Code::AnnouncementNotHeld,
    ],
    ..EMPTY
};

pub(super) const STOP: Operation = Operation {
    id: "stopAnnouncement",
    summary: "Stop the mails about an announcement",
    text: "No further mail is planned, and a planned one is not sent, except the ones that are \
           being sent. It is final. Its recipients still see the announcement.",
    body: Some(named::<NoFields>),
    parameters: &[ID],
    answers: &[Answer::data::<WrittenAnnouncementView>(200, "It is stopped.").with(&[ETAG])],
    refusals: &[Code::AnnouncementNotFound, Code::NotFound, Code::AnnouncementWithoutMails],
    ..EMPTY
};

pub(super) const MARK_READ: Operation = Operation {
    id: "readAnnouncementAsCustomer",
    summary: "Record that the customer read it",
    text: "The first time counts.",
    body: Some(named::<MarkAnnouncementRead>),
    parameters: &[ID],
    answers: &[Answer::data::<Nothing>(200, "It is recorded.")],
    refusals: &[Code::AnnouncementNotFound, Code::NotFound],
    ..EMPTY
};
