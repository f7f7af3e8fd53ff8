//! Announcements as the JSON that staff and recipients see.

use madoguchi_domain::Timestamp;
use madoguchi_domain::announcement::{
    Announcement, AnnouncementId, AnnouncementState, AnnouncementStateName, MailCount, Mailing,
    MailingStateName, ShownAnnouncement, WrittenAnnouncement,
};
use madoguchi_domain::approval::Rejection;
use madoguchi_domain::contact::ContactLink;
use madoguchi_domain::mail::MailState;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::body::{one_of, text_of};
use crate::who::Who;

pub(super) fn states() -> RefOr<Schema> {
    one_of(AnnouncementStateName::ALL.map(AnnouncementStateName::as_str)).into()
}

fn mailing_states() -> RefOr<Schema> {
    one_of(MailingStateName::ALL.map(MailingStateName::as_str)).into()
}

fn mail_states() -> RefOr<Schema> {
    one_of(MailState::ALL.map(MailState::as_str)).into()
}

/// The answer of a call that wrote an announcement.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WrittenAnnouncement)]
pub(super) struct WrittenAnnouncementView {
    #[schema(schema_with = text_of::<AnnouncementId>)]
    announcement_id: String,
    #[schema(schema_with = states)]
    state: &'static str,
    /// How many recipients it has; null while they are not fixed.
    #[schema(required)]
    recipients: Option<u32>,
    /// What an approval names: a hash of the content and of the recipients.
    content_hash: String,
}

impl From<&WrittenAnnouncement> for WrittenAnnouncementView {
    fn from(written: &WrittenAnnouncement) -> Self {
        Self {
            announcement_id: written.id.to_string(),
            state: written.state.as_str(),
            recipients: written.recipients,
            content_hash: written.content_hash.to_hex(),
        }
    }
}

/// An announcement as staff see it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Announcement)]
pub(super) struct AnnouncementView<'a> {
    #[schema(schema_with = text_of::<AnnouncementId>)]
    announcement_id: String,
    #[schema(schema_with = states)]
    state: &'static str,
    subject: &'a str,
    body: &'a str,
    #[schema(required)]
    link: Option<&'a str>,
    #[schema(required)]
    posted_at: Option<Timestamp>,
    /// Whether its recipients get a mail.
    mail: bool,
    /// How many recipients it has; null while they are not fixed.
    #[schema(required)]
    recipients: Option<u32>,
    /// What an approval names: a hash of the content and of the recipients.
    content_hash: String,
    created_at: Timestamp,
    created_by: Who<'a>,
    /// Who submitted it, while it waits for its approval.
    #[schema(required)]
    submitted_by: Option<Who<'a>>,
    #[schema(required)]
    submitted_at: Option<Timestamp>,
    /// Who approved or rejected it.
    #[schema(required)]
    decided_by: Option<Who<'a>>,
    #[schema(required)]
    decided_at: Option<Timestamp>,
    /// Why it was rejected.
    #[schema(required)]
    rejection_reason: Option<&'a str>,
}

impl<'a> From<&'a Announcement> for AnnouncementView<'a> {
    fn from(announcement: &'a Announcement) -> Self {
        let content = &announcement.content;
        let (decided, rejection_reason) = match &announcement.state {
            AnnouncementState::Draft | AnnouncementState::Submitted { .. } => (None, None),
            AnnouncementState::Approved { by, at, .. } => (Some((by.who(), *at)), None),
            AnnouncementState::Rejected { at, rejection } => match rejection {
                Rejection::ByPerson { by, reason } => (Some((by, *at)), Some(reason.expose())),
                Rejection::Expired => (None, None),
            },
        };
        let submitted = match &announcement.state {
            AnnouncementState::Submitted { mark, .. } => Some(mark),
            AnnouncementState::Draft
            | AnnouncementState::Approved { .. }
            | AnnouncementState::Rejected { .. } => None,
        };
        Self {
            announcement_id: announcement.id.to_string(),
            state: announcement.state.name().as_str(),
            subject: content.subject.expose(),
            body: content.body.expose(),
            link: content.link.as_ref().map(ContactLink::expose),
            posted_at: content.posted_at,
            mail: content.mail,
            recipients: announcement.state.audience().map(|it| it.recipients),
            content_hash: announcement.content_hash().to_hex(),
            created_at: announcement.created.at,
            created_by: Who::from(&announcement.created.by),
            submitted_by: submitted.map(|mark| Who::from(&mark.by)),
            submitted_at: submitted.map(|mark| mark.at),
            decided_by: decided.map(|(by, _)| Who::from(by)),
            decided_at: decided.map(|(_, at)| at),
            rejection_reason,
        }
    }
}

/// How far the mails about an announcement are.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Mailing)]
struct MailingView<'a> {
    #[schema(schema_with = mailing_states)]
    state: &'static str,
    /// Since when it is held or stopped.
    #[schema(required)]
    since: Option<Timestamp>,
    /// For how many recipients a mail is planned.
    planned: u32,
    /// How many recipients have their mail in which state.
    counts: Vec<MailCountView<'a>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = MailCount)]
struct MailCountView<'a> {
    #[schema(schema_with = mail_states)]
    state: &'static str,
    /// Why it was not sent: a reason, or a code.
    #[schema(required)]
    reason: Option<&'a str>,
    count: u32,
}

impl<'a> MailingView<'a> {
    fn of(mailing: &Mailing, counts: &'a [MailCount]) -> Self {
        let count = |it: &'a MailCount| MailCountView {
            state: it.state.as_str(),
            reason: it.reason.as_deref(),
            count: it.count,
        };
        Self {
            state: mailing.state.name().as_str(),
            since: mailing.state.since(),
            planned: mailing.planned,
            counts: counts.iter().map(count).collect(),
        }
    }
}

/// An announcement with the progress of its mails.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AnnouncementDetail)]
pub(super) struct AnnouncementDetail<'a> {
    #[serde(flatten)]
    announcement: AnnouncementView<'a>,
    /// The mails about it; null if there are none.
    #[schema(required)]
    mailing: Option<MailingView<'a>>,
}

impl<'a> AnnouncementDetail<'a> {
    pub(super) fn of(announcement: &'a Announcement, counts: &'a [MailCount]) -> Self {
        let mailing = announcement.state.mailing().map(|it| MailingView::of(it, counts));
        Self { announcement: AnnouncementView::from(announcement), mailing }
    }
}

/// An announcement as a recipient sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AnnouncementMessage)]
pub(crate) struct AnnouncementMessageView<'a> {
    #[schema(schema_with = text_of::<AnnouncementId>)]
    announcement_id: String,
    #[serde(rename = "type")]
    #[schema(schema_with = announcement)]
    message_type: &'static str,
    subject: &'a str,
    body: &'a str,
    #[schema(required)]
    link: Option<&'a str>,
    /// Since when the customer sees it.
    #[schema(required)]
    posted_at: Option<Timestamp>,
    /// When the customer read it first.
    #[schema(required)]
    read_at: Option<Timestamp>,
}

const ANNOUNCEMENT: &str = "ANNOUNCEMENT";

fn announcement() -> RefOr<Schema> {
    one_of([ANNOUNCEMENT]).into()
}

impl<'a> From<&'a ShownAnnouncement> for AnnouncementMessageView<'a> {
    fn from(shown: &'a ShownAnnouncement) -> Self {
        let content = &shown.announcement.content;
        Self {
            announcement_id: shown.announcement.id.to_string(),
            message_type: ANNOUNCEMENT,
            subject: content.subject.expose(),
            body: content.body.expose(),
            link: content.link.as_ref().map(ContactLink::expose),
            posted_at: shown.announcement.visible_from(),
            read_at: shown.read_at,
        }
    }
}
