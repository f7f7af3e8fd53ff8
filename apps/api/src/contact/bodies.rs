//! The request bodies of contacts.

use std::collections::BTreeMap;

use madoguchi_application::ContactAct;
use madoguchi_domain::actor::{ActorKind, Scope};
use madoguchi_domain::approval::{ContentHash, RejectionReason};
use madoguchi_domain::contact::{
    ActionKind, AnswerText, ApplicationId, ContactBody, ContactId, ContactLink, ContactSubject,
    ContactType, ContactTypeName, Content, ContentEdit, GroupId, PolicyNumber, Sender,
};
use madoguchi_domain::display_name::DisplayName;
use madoguchi_domain::mail::Mail;
use madoguchi_domain::person::{AccountId, PersonId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::fields::{Answered, SenderName};
use crate::body::{Field, Patch, text_of, text_or_null, value};
use crate::problem::Problem;
use crate::query::Moment;

/// Who sends the contact, as staff see it; the customer does not.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewSender)]
pub(super) struct SenderBody {
    /// The kind of the caller.
    #[schema(schema_with = text_of::<ActorKind>)]
    kind: Field<ActorKind>,
    /// Required for `HUMAN`.
    #[schema(schema_with = text_or_null::<SenderName>)]
    name: Option<Field<SenderName>>,
}

impl SenderBody {
    /// The sender, who must be of the kind of the caller.
    fn sender(self, caller: ActorKind) -> Result<Sender, Problem> {
        if self.kind.0 != caller {
            return Err(Problem::invalid(match caller {
                ActorKind::Human => "sender.kind must be HUMAN, as the caller is",
                ActorKind::System => "sender.kind must be SYSTEM, as the caller is",
            }));
        }
        match (caller, value(self.name)) {
            (ActorKind::Human, Some(SenderName(name))) => DisplayName::of_human(&name)
                .map(Sender::Human)
                .map_err(|refused| Problem::invalid(format!("sender.name {}", refused.rule))),
            (ActorKind::Human, None) => Err(Problem::invalid("sender.name is missing")),
            (ActorKind::System, None) => Ok(Sender::System),
            (ActorKind::System, Some(SenderName(name))) if name == DisplayName::SYSTEM => {
                Ok(Sender::System)
            }
            (ActorKind::System, Some(_)) => {
                Err(Problem::invalid("sender.name must be SystemAdmin, or absent"))
            }
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AddContact {
    #[schema(schema_with = text_of::<PersonId>)]
    person_id: Field<PersonId>,
    /// The person's account.
    #[schema(schema_with = text_of::<AccountId>)]
    account_id: Field<AccountId>,
    #[schema(schema_with = text_or_null::<ApplicationId>)]
    application_id: Option<Field<ApplicationId>>,
    #[schema(schema_with = text_or_null::<PolicyNumber>)]
    policy_number: Option<Field<PolicyNumber>>,
    #[serde(rename = "type")]
    #[schema(schema_with = text_of::<ContactTypeName>)]
    contact_type: Field<ContactTypeName>,
    #[schema(schema_with = text_or_null::<ActionKind>)]
    action_kind: Option<Field<ActionKind>>,
    #[schema(schema_with = text_of::<ContactSubject>)]
    subject: Field<ContactSubject>,
    #[schema(schema_with = text_of::<ContactBody>)]
    body: Field<ContactBody>,
    #[schema(schema_with = text_or_null::<ContactLink>)]
    link: Option<Field<ContactLink>>,
    #[schema(schema_with = text_or_null::<GroupId>)]
    group_id: Option<Field<GroupId>>,
    /// When the customer may see it at the earliest; it must be approved too.
    #[schema(schema_with = text_or_null::<Moment>)]
    posted_at: Option<Field<Moment>>,
    /// When it is no longer of use; later than `postedAt`.
    #[schema(schema_with = text_or_null::<Moment>)]
    expires_at: Option<Field<Moment>>,
    /// Whether its mail may go to a person who stopped mail, if the server allows it.
    mandatory: Option<bool>,
    sender: SenderBody,
}

impl AddContact {
    /// Whom it is for, and what it says.
    pub(super) fn contact(
        self,
        caller: ActorKind,
    ) -> Result<((PersonId, AccountId), Content), Problem> {
        let content = Content {
            application: value(self.application_id),
            policy_number: value(self.policy_number),
            contact_type: ContactType::new(self.contact_type.0, value(self.action_kind))?,
            subject: self.subject.0,
            body: self.body.0,
            link: value(self.link),
            group: value(self.group_id),
            posted_at: value(self.posted_at).map(|Moment(at)| at),
            expires_at: value(self.expires_at).map(|Moment(at)| at),
            mandatory: self.mandatory.unwrap_or_default(),
            sender: self.sender.sender(caller)?,
        };
        Ok(((self.person_id.0, self.account_id.0), content))
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ApproveContact {
    #[schema(schema_with = text_of::<ContentHash>)]
    content_hash: Field<ContentHash>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RejectContact {
    #[schema(schema_with = text_of::<RejectionReason>)]
    reason: Field<RejectionReason>,
}

/// Exactly one of: content fields, `answerStatus`, `approve`, `reject`. A content field that is
/// absent stays as it is; null removes the value of one that may have none.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UpdateContact {
    #[serde(default)]
    #[schema(schema_with = text_or_null::<ApplicationId>)]
    application_id: Patch<Field<ApplicationId>>,
    #[serde(default)]
    #[schema(schema_with = text_or_null::<PolicyNumber>)]
    policy_number: Patch<Field<PolicyNumber>>,
    #[serde(default, rename = "type")]
    #[schema(schema_with = text_of::<ContactTypeName>)]
    contact_type: Patch<Field<ContactTypeName>>,
    #[serde(default)]
    #[schema(schema_with = text_or_null::<ActionKind>)]
    action_kind: Patch<Field<ActionKind>>,
    #[serde(default)]
    #[schema(schema_with = text_of::<ContactSubject>)]
    subject: Patch<Field<ContactSubject>>,
    #[serde(default)]
    #[schema(schema_with = text_of::<ContactBody>)]
    body: Patch<Field<ContactBody>>,
    #[serde(default)]
    #[schema(schema_with = text_or_null::<ContactLink>)]
    link: Patch<Field<ContactLink>>,
    #[serde(default)]
    #[schema(schema_with = text_or_null::<GroupId>)]
    group_id: Patch<Field<GroupId>>,
    #[serde(default)]
    #[schema(schema_with = text_or_null::<Moment>)]
    posted_at: Patch<Field<Moment>>,
    #[serde(default)]
    #[schema(schema_with = text_or_null::<Moment>)]
    expires_at: Patch<Field<Moment>>,
    #[serde(default)]
    #[schema(value_type = bool)]
    mandatory: Patch<bool>,
    #[serde(default)]
    #[schema(value_type = SenderBody)]
    sender: Patch<SenderBody>,
    #[schema(schema_with = text_or_null::<Answered>)]
    answer_status: Option<Field<Answered>>,
    approve: Option<ApproveContact>,
    reject: Option<RejectContact>,
}

/// An act, and the scope that it needs.
pub(super) struct ScopedAct {
    pub(super) command: ContactAct,
    pub(super) scope: Scope,
}

impl UpdateContact {
    /// What is to be done.
    pub(super) fn act(mut self, caller: ActorKind) -> Result<ScopedAct, Problem> {
        let (answered, approve) = (self.answer_status.take(), self.approve.take());
        let reject = self.reject.take();
        let edit = self.edit(caller)?;
        let edit = (edit != ContentEdit::default()).then_some(edit);
        let (command, scope) = match (edit, answered, approve, reject) {
            (Some(edit), None, None, None) => {
                (ContactAct::Edit(Box::new(edit)), Scope::ContactWrite)
            }
            (None, Some(_), None, None) => (ContactAct::AnswerByPhone, Scope::ContactRespond),
            (None, None, Some(approve), None) => {
                (ContactAct::Approve { seen: approve.content_hash.0 }, Scope::ContactApprove)
            }
            (None, None, None, Some(reject)) => {
                (ContactAct::Reject(reject.reason.0), Scope::ContactApprove)
            }
            (_, _, _, _) => {
                let rule = "the body must hold exactly one of: content fields, answerStatus, \
                            approve, reject";
                return Err(Problem::invalid(rule));
            }
        };
        Ok(ScopedAct { command, scope })
    }

    /// The content fields that it holds.
    fn edit(self, caller: ActorKind) -> Result<ContentEdit, Problem> {
        let sender = self.sender.required("sender")?;
        Ok(ContentEdit {
            application: self.application_id.map(|Field(it)| it),
            policy_number: self.policy_number.map(|Field(it)| it),
            contact_type: self.contact_type.required("type")?.map(|Field(it)| it),
            action: self.action_kind.map(|Field(it)| it),
            subject: self.subject.required("subject")?.map(|Field(it)| it),
            body: self.body.required("body")?.map(|Field(it)| it),
            link: self.link.map(|Field(it)| it),
            group: self.group_id.map(|Field(it)| it),
            posted_at: self.posted_at.map(|Field(Moment(at))| at),
            expires_at: self.expires_at.map(|Field(Moment(at))| at),
            mandatory: self.mandatory.required("mandatory")?,
            sender: sender.map(|it| it.sender(caller)).transpose()?,
        })
    }
}

/// One contact to approve, as it was read.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ApprovalItem {
    #[schema(schema_with = text_of::<ContactId>)]
    contact_id: Field<ContactId>,
    #[schema(schema_with = text_of::<ContentHash>)]
    content_hash: Field<ContentHash>,
}

/// Maximum number of contacts that one call approves.
pub(super) const MOST_APPROVALS: usize = 200;
// One mail may announce them all.
const _: () = assert!(MOST_APPROVALS <= Mail::MOST_CONTACTS as usize);

/// The contacts to approve, in their order, with the hash of what was seen of each.
pub(super) fn shown(
    items: Vec<ApprovalItem>,
) -> Result<(Vec<ContactId>, BTreeMap<ContactId, ContentHash>), Problem> {
    if items.is_empty() || items.len() > MOST_APPROVALS {
        return Err(Problem::invalid("the body must be a list of 1 to 200 contacts"));
    }
    let ids: Vec<_> = items.iter().map(|item| item.contact_id.0).collect();
    let seen: BTreeMap<_, _> =
        items.into_iter().map(|item| (item.contact_id.0, item.content_hash.0)).collect();
    if seen.len() < ids.len() {
        return Err(Problem::invalid("contactId must be given only once in the list, not twice"));
    }
    Ok((ids, seen))
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AnswerContact {
    #[schema(schema_with = text_of::<AnswerText>)]
    pub(super) answer: Field<AnswerText>,
}
