//! Contacts as the JSON that staff see.

use madoguchi_domain::Timestamp;
use madoguchi_domain::actor::Scope;
use madoguchi_domain::approval::{Approval, ApprovalName, Rejection};
use madoguchi_domain::contact::{
    ActionKind, AnswerChannel, AnswerStatus, ApplicationId, ApprovalAge, Contact, ContactAnswer,
    ContactEventName, ContactId, ContactLink, ContactPolicy, ContactState, ContactTypeName,
    GroupId, Mark, PolicyNumber, Sender,
};
use madoguchi_domain::principal::Principal;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use super::mail_view::MailView;
use crate::body::{one_of, text_of};
use crate::who::{Who, actor_kinds};

/// A contact, as staff see it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Contact)]
pub(super) struct ContactView<'a> {
    #[schema(schema_with = text_of::<ContactId>)]
    contact_id: String,
    person_id: &'a str,
    account_id: &'a str,
    #[schema(required)]
    application_id: Option<&'a str>,
    #[schema(required)]
    policy_number: Option<&'a str>,
    #[serde(rename = "type")]
    #[schema(schema_with = text_of::<ContactTypeName>)]
    contact_type: &'static str,
    #[schema(required)]
    action_kind: Option<&'a str>,
    subject: &'a str,
    body: &'a str,
    #[schema(required)]
    link: Option<&'a str>,
    #[schema(required)]
    group_id: Option<&'a str>,
    #[schema(required)]
    posted_at: Option<Timestamp>,
    #[schema(required)]
    expires_at: Option<Timestamp>,
    mandatory: bool,
    sender: SenderView<'a>,
    /// When it was written.
    sent_at: Timestamp,
    #[schema(schema_with = states)]
    state: &'static str,
    /// Whether it is approved and not deleted.
    valid: bool,
    /// From when on the customer sees it.
    #[schema(required)]
    visible_from: Option<Timestamp>,
    approval: ApprovalView<'a>,
    /// Null unless it waits for its approval.
    #[schema(required)]
    waiting: Option<WaitingView>,
    #[schema(schema_with = answer_statuses)]
    answer_status: &'static str,
    #[schema(required)]
    answer: Option<AnswerView<'a>>,
    mail: MailView<'a>,
    /// For the approval of the contact as it is here.
    content_hash: String,
    created: MarkView<'a>,
    #[schema(required)]
    updated: Option<MarkView<'a>>,
    #[schema(required)]
    deleted: Option<MarkView<'a>>,
    version: u32,
    /// What this caller can do with the contact now.
    #[schema(schema_with = allowed_actions)]
    allowed_actions: Vec<&'static str>,
}

impl<'a> ContactView<'a> {
    pub(super) fn of(contact: &'a Contact, viewer: &Viewer<'_>) -> Self {
        let content = &contact.content;
        Self {
            contact_id: contact.id.to_string(),
            person_id: contact.person.expose(),
            account_id: contact.account.expose(),
            application_id: content.application.as_ref().map(ApplicationId::expose),
            policy_number: content.policy_number.as_ref().map(PolicyNumber::expose),
            contact_type: content.contact_type.name().as_str(),
            action_kind: content.contact_type.action().map(ActionKind::as_str),
            subject: content.subject.expose(),
            body: content.body.expose(),
            link: content.link.as_ref().map(ContactLink::expose),
            group_id: content.group.as_ref().map(GroupId::expose),
            posted_at: content.posted_at,
            expires_at: content.expires_at,
            mandatory: content.mandatory,
            sender: (&content.sender).into(),
            sent_at: contact.created.at,
            state: contact.state().as_str(),
            valid: contact.visible_from().is_some(),
            visible_from: contact.visible_from(),
            approval: (&contact.approval).into(),
            waiting: contact.waiting_since().map(|since| WaitingView {
                since,
                age: viewer.policy.age(since, viewer.now).as_str(),
            }),
            answer_status: contact.answer.status().as_str(),
            answer: AnswerView::of(&contact.answer),
            mail: MailView::of(contact),
            content_hash: contact.content_hash().to_hex(),
            created: (&contact.created).into(),
            updated: contact.updated.as_ref().map(MarkView::from),
            deleted: contact.deleted.as_ref().map(MarkView::from),
            version: contact.version,
            allowed_actions: viewer.allowed(contact),
        }
    }
}

/// Who looks at a contact, and when.
pub(super) struct Viewer<'a> {
    pub(super) principal: &'a Principal,
    pub(super) policy: &'a ContactPolicy,
    pub(super) now: Timestamp,
}

impl Viewer<'_> {
    /// The acts that the contact's state, four eyes and the caller's scopes allow.
    fn allowed(&self, contact: &Contact) -> Vec<&'static str> {
        let possible = contact.possible_events(&self.principal.who, self.now).into_iter();
        let acts = possible.filter_map(act);
        acts.filter(|(_, scope)| self.principal.may(*scope)).map(|(name, _)| name).collect()
    }
}

/// The name of an act of staff, and the scope that it needs.
const fn act(event: ContactEventName) -> Option<(&'static str, Scope)> {
    Some(match event {
        ContactEventName::Edited => ("EDIT", Scope::ContactWrite),
        ContactEventName::Approved => ("APPROVE", Scope::ContactApprove),
        ContactEventName::Rejected => ("REJECT", Scope::ContactApprove),
        ContactEventName::AnsweredByPhone => ("MARK_ANSWERED", Scope::ContactRespond),
        ContactEventName::Deleted => ("DELETE", Scope::ContactWrite),
        ContactEventName::Added | ContactEventName::Expired | ContactEventName::Answered => {
            return None;
        }
    })
}

fn allowed_actions() -> RefOr<Schema> {
    let names = ["EDIT", "APPROVE", "REJECT", "MARK_ANSWERED", "DELETE"];
    ArrayBuilder::new().items(one_of(names)).into()
}

#[derive(Serialize, ToSchema)]
#[schema(as = Sender)]
struct SenderView<'a> {
    #[schema(schema_with = actor_kinds)]
    kind: &'static str,
    name: &'a str,
}

impl<'a> From<&'a Sender> for SenderView<'a> {
    fn from(sender: &'a Sender) -> Self {
        Self { kind: sender.kind().as_str(), name: sender.name() }
    }
}

/// Who did something, and when.
#[derive(Serialize, ToSchema)]
#[schema(as = Mark)]
struct MarkView<'a> {
    at: Timestamp,
    #[serde(flatten)]
    #[schema(inline)]
    who: Who<'a>,
}

impl<'a> From<&'a Mark> for MarkView<'a> {
    fn from(Mark { by, at }: &'a Mark) -> Self {
        Self { at: *at, who: by.into() }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Approval)]
struct ApprovalView<'a> {
    #[schema(schema_with = approvals)]
    status: &'static str,
    /// When it was approved or rejected.
    #[schema(required)]
    at: Option<Timestamp>,
    /// Null if nobody decided: a draft, an expired or an unnecessary approval.
    #[schema(required)]
    by: Option<&'a str>,
    /// The kind of who decided: a program can reject.
    #[schema(required, schema_with = kind_or_null)]
    kind: Option<&'static str>,
    /// Why it was rejected; `EXPIRED` if nobody decided in time.
    #[schema(required)]
    reason: Option<&'a str>,
}

impl<'a> From<&'a Approval> for ApprovalView<'a> {
    fn from(approval: &'a Approval) -> Self {
        let (at, by, reason) = match approval {
            Approval::Draft => (None, None, None),
            Approval::ByPolicy { at } => (Some(*at), None, None),
            Approval::Approved { by, at } => (Some(*at), Some(by.who()), None),
            Approval::Rejected { at, rejection: Rejection::Expired } => {
                (Some(*at), None, Some("EXPIRED"))
            }
            Approval::Rejected { at, rejection: Rejection::ByPerson { by, reason } } => {
                (Some(*at), Some(by), Some(reason.expose()))
            }
        };
        let kind = by.map(|by| by.kind.as_str());
        Self { status: approval.name().as_str(), at, by: by.map(|by| &*by.subject), kind, reason }
    }
}

fn kind_or_null() -> RefOr<Schema> {
    let null = ObjectBuilder::new().schema_type(Type::Null);
    OneOfBuilder::new().item(actor_kinds()).item(null).into()
}

/// How long the contact waits for its approval.
#[derive(Serialize, ToSchema)]
#[schema(as = WaitingApproval)]
struct WaitingView {
    /// When it was written or last edited.
    since: Timestamp,
    #[schema(schema_with = ages)]
    age: &'static str,
}

/// The answer, and how it was given.
#[derive(Serialize, ToSchema)]
#[schema(as = ContactAnswer)]
struct AnswerView<'a> {
    #[schema(schema_with = channels)]
    how: &'static str,
    at: Timestamp,
    #[serde(flatten)]
    #[schema(inline)]
    who: Who<'a>,
    /// Null if the matter was settled by phone.
    #[schema(required)]
    text: Option<&'a str>,
}

impl<'a> AnswerView<'a> {
    fn of(answer: &'a ContactAnswer) -> Option<Self> {
        let (how, mark) = answer.given()?;
        let text = answer.text().map(|text| text.expose());
        Some(Self { how: how.as_str(), at: mark.at, who: (&mark.by).into(), text })
    }
}

/// The schemas of closed sets.
macro_rules! sets {
    ($($name:ident: $set:ty;)+) => {$(
        fn $name() -> RefOr<Schema> {
            one_of(<$set>::ALL.map(<$set>::as_str)).into()
        }
    )+};
}

sets! {
    states: ContactState;
    approvals: ApprovalName;
    ages: ApprovalAge;
    channels: AnswerChannel;
}

pub(super) fn answer_statuses() -> RefOr<Schema> {
    one_of(AnswerStatus::ALL.map(AnswerStatus::as_str)).into()
}
