//! Contacts as the JSON that the customer sees: without sender, approval and other staff's facts.

use std::cmp::Reverse;

use madoguchi_domain::Timestamp;
use madoguchi_domain::announcement::ShownAnnouncement;
use madoguchi_domain::contact::{
    ActionKind, AnswerStatus, Contact, ContactId, ContactLink, ContactOrder, ContactTypeName,
    GroupId, PolicyNumber,
};
use madoguchi_domain::page::ListPosition;
use serde::Serialize;
use utoipa::ToSchema;

use super::view::answer_statuses;
use crate::announcement::AnnouncementMessageView;
use crate::body::text_of;

/// A message to the customer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Message)]
pub(super) struct MessageView<'a> {
    #[schema(schema_with = text_of::<ContactId>)]
    contact_id: String,
    #[serde(rename = "type")]
    #[schema(schema_with = text_of::<ContactTypeName>)]
    contact_type: &'static str,
    #[schema(required)]
    action_kind: Option<&'a str>,
    #[schema(required)]
    policy_number: Option<&'a str>,
    #[schema(required)]
    group_id: Option<&'a str>,
    subject: &'a str,
    body: &'a str,
    #[schema(required)]
    link: Option<&'a str>,
    /// Since when the customer sees it.
    #[schema(required)]
    posted_at: Option<Timestamp>,
    #[schema(required)]
    expires_at: Option<Timestamp>,
    #[schema(schema_with = answer_statuses)]
    answer_status: &'static str,
    #[schema(required)]
    answered_at: Option<Timestamp>,
    /// What the customer answered; null if the matter was settled by phone.
    #[schema(required)]
    answer: Option<&'a str>,
    /// Whether the customer can answer it now.
    can_answer: bool,
}

/// What a customer sees: a contact, or an announcement.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = CustomerMessage)]
pub(super) enum MessageEntry<'a> {
    Contact(MessageView<'a>),
    Announcement(AnnouncementMessageView<'a>),
}

/// A page of both, the latest first, of which one more of each was read; and the position of its
/// last entry if there are more.
pub(super) fn merged<'a>(
    contacts: &'a [Contact],
    announcements: &'a [ShownAnnouncement],
    limit: u32,
) -> (Vec<MessageEntry<'a>>, Option<ListPosition>) {
    let order = ContactOrder::LatestVisibleFirst;
    let contacts = contacts
        .iter()
        .filter_map(|it| Some((order.position(it)?, MessageEntry::Contact(MessageView::from(it)))));
    let announcements = announcements.iter().filter_map(|it| {
        let view = AnnouncementMessageView::from(it);
        Some((it.announcement.shown_position()?, MessageEntry::Announcement(view)))
    });
    let mut all: Vec<_> = contacts.chain(announcements).collect();
    all.sort_by_key(|(position, _)| Reverse(*position));
    let has_next = all.len() > limit as usize;
    all.truncate(limit as usize);
    let last = all.last().filter(|_| has_next).map(|(position, _)| *position);
    (all.into_iter().map(|(_, entry)| entry).collect(), last)
}

impl<'a> From<&'a Contact> for MessageView<'a> {
    /// The contact must be visible.
    fn from(contact: &'a Contact) -> Self {
        let (content, answer) = (&contact.content, &contact.answer);
        let asks = content.contact_type.name() == ContactTypeName::ActionRequest;
        Self {
            contact_id: contact.id.to_string(),
            contact_type: content.contact_type.name().as_str(),
            action_kind: content.contact_type.action().map(ActionKind::as_str),
            policy_number: content.policy_number.as_ref().map(PolicyNumber::expose),
            group_id: content.group.as_ref().map(GroupId::expose),
            subject: content.subject.expose(),
            body: content.body.expose(),
            link: content.link.as_ref().map(ContactLink::expose),
            posted_at: contact.visible_from(),
            expires_at: content.expires_at,
            answer_status: answer.status().as_str(),
            answered_at: answer.given().map(|(_, mark)| mark.at),
            answer: answer.text().map(|text| text.expose()),
            can_answer: asks && answer.status() == AnswerStatus::Unanswered,
        }
    }
}
