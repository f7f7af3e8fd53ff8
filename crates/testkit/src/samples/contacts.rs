//! Sample contacts.

use madoguchi_domain::actor::{ActorKind, ActorRef};
use madoguchi_domain::approval::{ContentSalt, RejectionReason};
use madoguchi_domain::change::Change;
use madoguchi_domain::contact::{
    self, ActionKind, AnswerText, ApprovalRule, CheckedContent, Contact, ContactBody, ContactEvent,
    ContactId, ContactPolicy, ContactSubject, ContactType, ContactWrite, Content, NewContactIds,
    PolicyNumber, Sender,
};
use madoguchi_domain::display_name::DisplayName;
use madoguchi_domain::if_match::IfMatch;
use madoguchi_domain::sealed::DataKeyId;
use uuid::Uuid;

use super::persons::new_id;
use super::{account_id, act, at, person_id};

/// An id that is greater for a greater number.
#[must_use]
pub fn contact_id(number: u32) -> ContactId {
    ContactId(Uuid::from_u128(number.into()))
}

/// A member of staff, different for each number.
#[must_use]
pub fn staff(number: u32) -> ActorRef {
    ActorRef::new("sample-idp", &format!("staff-{number}"), ActorKind::Human)
}

/// The standard rules, with links to `my.example.com`.
#[must_use]
pub fn contact_policy() -> ContactPolicy {
    ContactPolicy { link_hosts: vec!["my.example.com".to_owned()], ..ContactPolicy::standard() }
}

/// `P-0001` for 1.
///
/// # Panics
/// Never.
#[must_use]
pub fn policy_number(number: u32) -> PolicyNumber {
    PolicyNumber::parse(&format!("P-{number:04}")).expect("the sample number parses")
}

/// A request for an action, without anything that is optional.
///
/// # Panics
/// Never.
#[must_use]
pub fn contact_content() -> Content {
    let kind = ActionKind::parse("OTHER").expect("the sample kind parses");
    Content {
        application: None,
        policy_number: None,
        contact_type: ContactType::ActionRequest(kind),
        subject: ContactSubject::parse("ご確認のお願い").expect("the sample subject parses"),
        body: ContactBody::parse("書類をご確認ください。").expect("the sample body parses"),
        link: None,
        group: None,
        posted_at: None,
        expires_at: None,
        mandatory: false,
        sender: Sender::Human(DisplayName::of_human("山田").expect("the sample name parses")),
    }
}

fn checked(content: Content) -> CheckedContent {
    contact_policy().check(content).expect("the sample content keeps the policy")
}

/// The change by which staff 1 adds a contact for the person of this number, which must be
/// registered, `seconds` after the start.
///
/// # Panics
/// When the content breaks the sample policy.
#[must_use]
pub fn adds(id: ContactId, person: u32, content: Content, seconds: i64) -> Change<ContactWrite> {
    adds_if(ApprovalRule::Required, id, person, content, seconds)
}

/// The same with or without approval.
///
/// # Panics
/// When the content breaks the sample policy.
#[must_use]
pub fn adds_if(
    rule: ApprovalRule,
    id: ContactId,
    person: u32,
    content: Content,
    seconds: i64,
) -> Change<ContactWrite> {
    let act = act("add", staff(1), at(seconds));
    let salt = ContentSalt::new([id.0.as_bytes()[15]; 32]);
    let ids = NewContactIds { contact: id, data_key: DataKeyId(new_id()), salt };
    let whom = (person_id(person), account_id(person));
    contact::add(whom, checked(content), ids, rule, &act).added(new_id(), &act)
}

/// The change that `by` makes of a contact `seconds` after the start.
///
/// # Panics
/// When it is refused or changes nothing.
#[must_use]
pub fn moves(
    contact: &Contact,
    event: &ContactEvent,
    by: &ActorRef,
    seconds: i64,
) -> Change<ContactWrite> {
    let act = act("move", by.clone(), at(seconds));
    let change = contact.change(event, &IfMatch::Any, new_id(), &act);
    change.expect("the act is allowed").expect("the act changes the contact")
}

/// The edit that gives a contact this content.
///
/// # Panics
/// When it breaks the sample policy.
#[must_use]
pub fn edits(content: Content) -> ContactEvent {
    ContactEvent::Edit(Box::new(checked(content)))
}

/// The approval of a contact as it is.
#[must_use]
pub fn approves(contact: &Contact) -> ContactEvent {
    ContactEvent::Approve { seen: contact.content_hash() }
}

/// A rejection with a reason.
///
/// # Panics
/// When it is no reason.
#[must_use]
pub fn rejects(reason: &str) -> ContactEvent {
    ContactEvent::Reject(RejectionReason::parse(reason).expect("the sample reason parses"))
}

/// The customer's answer.
///
/// # Panics
/// When it is no answer.
#[must_use]
pub fn answers(text: &str) -> ContactEvent {
    ContactEvent::Answer(AnswerText::parse(text).expect("the sample answer parses"))
}
