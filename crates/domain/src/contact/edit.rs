//! The change of some fields of a contact's content.

use crate::Timestamp;
use crate::field::InvalidField;

use super::content::{
    ActionKind, ApplicationId, ContactType, ContactTypeName, Content, GroupId, PolicyNumber, Sender,
};
use super::decide::ContactEvent;
use super::policy::ContactPolicy;
use super::text::{ContactBody, ContactLink, ContactSubject};

/// New values of some fields. `None` leaves a field as it is; `Some(None)` removes its value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContentEdit {
    /// See [`Content::application`].
    pub application: Option<Option<ApplicationId>>,
    /// See [`Content::policy_number`].
    pub policy_number: Option<Option<PolicyNumber>>,
    /// Whether it is a notice or a request. A notice has no kind of action: remove it too.
    pub contact_type: Option<ContactTypeName>,
    /// The kind of action of a request.
    pub action: Option<Option<ActionKind>>,
    /// See [`Content::subject`].
    pub subject: Option<ContactSubject>,
    /// See [`Content::body`].
    pub body: Option<ContactBody>,
    /// See [`Content::link`].
    pub link: Option<Option<ContactLink>>,
    /// See [`Content::group`].
    pub group: Option<Option<GroupId>>,
    /// See [`Content::posted_at`].
    pub posted_at: Option<Option<Timestamp>>,
    /// See [`Content::expires_at`].
    pub expires_at: Option<Option<Timestamp>>,
    /// See [`Content::mandatory`].
    pub mandatory: Option<bool>,
    /// See [`Content::sender`].
    pub sender: Option<Sender>,
}

impl ContentEdit {
    /// The event that makes this edit of `content`.
    ///
    /// # Errors
    /// For the first field that then breaks a rule of the policy, or does not fit the others.
    pub fn event(
        &self,
        content: &Content,
        policy: &ContactPolicy,
    ) -> Result<ContactEvent, InvalidField> {
        let checked = policy.check(self.applied(content.clone())?)?;
        Ok(ContactEvent::Edit(Box::new(checked)))
    }

    fn applied(&self, content: Content) -> Result<Content, InvalidField> {
        let edit = self.clone();
        let (name, action) = (content.contact_type.name(), content.contact_type.action().cloned());
        let contact_type =
            ContactType::new(edit.contact_type.unwrap_or(name), edit.action.unwrap_or(action))?;
        Ok(Content {
            application: edit.application.unwrap_or(content.application),
            policy_number: edit.policy_number.unwrap_or(content.policy_number),
            contact_type,
            subject: edit.subject.unwrap_or(content.subject),
            body: edit.body.unwrap_or(content.body),
            link: edit.link.unwrap_or(content.link),
            group: edit.group.unwrap_or(content.group),
            posted_at: edit.posted_at.unwrap_or(content.posted_at),
            expires_at: edit.expires_at.unwrap_or(content.expires_at),
            mandatory: edit.mandatory.unwrap_or(content.mandatory),
            sender: edit.sender.unwrap_or(content.sender),
        })
    }
}
