//! The history of a contact as the JSON that staff see: every event, with old and new values.

use madoguchi_domain::Timestamp;
use madoguchi_domain::contact::{
    ActionKind, ApplicationId, ContactEventName, ContactLink, ContactVersion, Content, GroupId,
    PastEvent, PolicyNumber, changes,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::body::one_of;
use crate::who::Who;

/// One event of a contact.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContactVersion)]
pub(super) struct VersionView<'a> {
    /// The version that the event made.
    version: u32,
    #[schema(schema_with = events)]
    event: &'static str,
    at: Timestamp,
    #[serde(flatten)]
    #[schema(inline)]
    who: Who<'a>,
    /// The `x-request-id` of the request.
    correlation: &'a str,
    /// Why it was rejected.
    #[schema(required)]
    reason: Option<&'a str>,
    /// What the customer answered.
    #[schema(required)]
    answer: Option<&'a str>,
    /// The content fields that it changed.
    changes: Vec<ContentFieldChange>,
}

/// A content field that changed.
#[derive(Serialize, ToSchema)]
pub(super) struct ContentFieldChange {
    /// Its name, as in the contact.
    field: &'static str,
    #[schema(required)]
    old: Option<String>,
    #[schema(required)]
    new: Option<String>,
}

fn events() -> RefOr<Schema> {
    one_of(ContactEventName::ALL.map(ContactEventName::as_str)).into()
}

impl<'a> VersionView<'a> {
    /// The events that led from version to version, oldest first.
    pub(super) fn all(versions: &'a [ContactVersion]) -> Vec<Self> {
        let views = changes(versions).map(|change| {
            let ContactVersion { version, event, content, act } = change.after;
            let (reason, answer) = match event {
                PastEvent::Rejected(reason) => (Some(reason.expose()), None),
                PastEvent::Answered(answer) => (None, Some(answer.expose())),
                PastEvent::Added
                | PastEvent::Edited
                | PastEvent::Approved
                | PastEvent::Expired
                | PastEvent::AnsweredByPhone
                | PastEvent::Deleted => (None, None),
            };
            Self {
                version: *version,
                event: event.name().as_str(),
                at: act.at(),
                who: (&act.by).into(),
                correlation: act.correlation.as_str(),
                reason,
                answer,
                changes: field_changes(change.before, content),
            }
        });
        views.collect()
    }
}

/// The fields by name, each with its value as text.
fn fields(content: &Content) -> [(&'static str, Option<String>); 13] {
    // A new field does not compile until it is here.
    let Content {
        application,
        policy_number,
        contact_type,
        subject,
        body,
        link,
        group,
        posted_at,
        expires_at,
        mandatory,
        sender,
    } = content;
    let text = |value: Option<&str>| value.map(str::to_owned);
    let time = |at: &Option<Timestamp>| at.map(|at| at.to_string());
    [
        ("applicationId", text(application.as_ref().map(ApplicationId::expose))),
        ("policyNumber", text(policy_number.as_ref().map(PolicyNumber::expose))),
        ("type", text(Some(contact_type.name().as_str()))),
        ("actionKind", text(contact_type.action().map(ActionKind::as_str))),
        ("subject", text(Some(subject.expose()))),
        ("body", text(Some(body.expose()))),
        ("link", text(link.as_ref().map(ContactLink::expose))),
        ("groupId", text(group.as_ref().map(GroupId::expose))),
        ("postedAt", time(posted_at)),
        ("expiresAt", time(expires_at)),
        ("mandatory", Some(mandatory.to_string())),
        ("sender.kind", text(Some(sender.kind().as_str()))),
        ("sender.name", text(Some(sender.name()))),
    ]
}

fn field_changes(before: Option<&Content>, after: &Content) -> Vec<ContentFieldChange> {
    let old = before.map(fields);
    let old = |index: usize| old.as_ref().and_then(|fields| fields[index].1.clone());
    let compared = fields(after).into_iter().enumerate();
    let changed = compared.filter_map(|(index, (field, new))| {
        let old = old(index);
        (old != new).then_some(ContentFieldChange { field, old, new })
    });
    changed.collect()
}
