//! What a contact says: its fields, each with its rule.

use std::fmt;

use crate::Timestamp;
use crate::actor::ActorKind;
use crate::approval::{ContentHash, ContentSalt};
use crate::closed_set::closed_set;
use crate::display_name::{DisplayName, is_shown};
use crate::field::{InvalidField, is_plain};
use crate::parsed_text::parsed_text;
use crate::redacted;

use super::text::{ContactBody, ContactLink, ContactSubject};

redacted!(ApplicationId, GroupId, PolicyNumber);

parsed_text! {
    /// The id of the application that a contact belongs to, which decides how long it is kept.
    #[derive(Hash)]
    pub struct ApplicationId:
        "applicationId",
        "must be 1 to 64 characters, one of them visible, without control characters and without \
         characters that reorder text",
        |text| is_plain(text, 64) && is_shown(text);
    /// The id in clear: for the store and for clients, never for a log.
    expose
}

parsed_text! {
    /// What ties contacts about the same deficiency of several contracts.
    #[derive(Hash)]
    pub struct GroupId:
        "groupId",
        "must be 1 to 64 characters, one of them visible, without control characters and without \
         characters that reorder text",
        |text| is_plain(text, 64) && is_shown(text);
    /// The id in clear: for the store and for clients, never for a log.
    expose
}

parsed_text! {
    /// The number of an insurance policy: personal data.
    #[derive(Hash)]
    pub struct PolicyNumber:
        "policyNumber",
        "must be 1 to 32 ASCII letters, digits or hyphens",
        |text| {
        (1..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    /// The number in clear: to seal it and for staff, never for a log.
    expose
}

parsed_text! {
    /// What the customer is asked to do, for example `IDENTITY_DOCUMENT`. Which kinds exist is
    /// configuration.
    #[derive(Debug, Hash, PartialOrd, Ord)]
    pub struct ActionKind:
        "actionKind",
        "must be 1 to 64 of A-Z, 0-9 and _",
        |text| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    /// The kind as text.
    as_str
}

closed_set! {
    /// The type of a contact, on the wire and in the database.
    pub enum ContactTypeName {
        /// Nothing is to be done.
        Notice = "NOTICE",
        /// The customer is asked to do something.
        ActionRequest = "ACTION_REQUEST",
    }
}

/// The type of a contact. Only a request for an action has a kind, and always.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactType {
    /// Nothing is to be done.
    Notice,
    /// The customer is asked to do this.
    ActionRequest(ActionKind),
}

impl ContactType {
    /// The type of this name with this kind.
    ///
    /// # Errors
    /// When a notice has a kind, or a request for an action has none.
    pub fn new(name: ContactTypeName, kind: Option<ActionKind>) -> Result<Self, InvalidField> {
        match (name, kind) {
            (ContactTypeName::Notice, None) => Ok(Self::Notice),
            (ContactTypeName::ActionRequest, Some(kind)) => Ok(Self::ActionRequest(kind)),
            (ContactTypeName::Notice, Some(_)) => {
                Err(InvalidField::new("actionKind", "must be absent in a NOTICE"))
            }
            (ContactTypeName::ActionRequest, None) => {
                Err(InvalidField::new("actionKind", "must be given in an ACTION_REQUEST"))
            }
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> ContactTypeName {
        match self {
            Self::Notice => ContactTypeName::Notice,
            Self::ActionRequest(_) => ContactTypeName::ActionRequest,
        }
    }

    /// The kind of a request for an action.
    #[must_use]
    pub const fn action(&self) -> Option<&ActionKind> {
        match self {
            Self::Notice => None,
            Self::ActionRequest(kind) => Some(kind),
        }
    }
}

/// Who sends a contact, as staff see it; the customer does not.
#[derive(Clone, PartialEq, Eq)]
pub enum Sender {
    /// A person of this name.
    Human(DisplayName),
    /// A program, which is always shown as [`DisplayName::SYSTEM`].
    System,
}

impl Sender {
    /// Whether it is a person or a program.
    #[must_use]
    pub const fn kind(&self) -> ActorKind {
        match self {
            Self::Human(_) => ActorKind::Human,
            Self::System => ActorKind::System,
        }
    }

    /// The name that is shown.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Human(name) => name.expose(),
            Self::System => DisplayName::SYSTEM,
        }
    }
}

/// The kind only: a person's name is personal data.
impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Human(_) => "Human(***)",
            Self::System => "System",
        })
    }
}

/// What a contact says: all that an approver sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The application it belongs to.
    pub application: Option<ApplicationId>,
    /// The policy it is about.
    pub policy_number: Option<PolicyNumber>,
    /// Notice or request.
    pub contact_type: ContactType,
    /// The first line.
    pub subject: ContactSubject,
    /// The text.
    pub body: ContactBody,
    /// Where the customer acts.
    pub link: Option<ContactLink>,
    /// What ties it to other contacts.
    pub group: Option<GroupId>,
    /// When the customer may see it at the earliest; it must be approved too.
    pub posted_at: Option<Timestamp>,
    /// When it is no longer of use: no mail is sent after that.
    pub expires_at: Option<Timestamp>,
    /// Whether its mail may go to a person who stopped mail, if the configuration says so.
    pub mandatory: bool,
    /// Who sends it.
    pub sender: Sender,
}

impl Content {
    /// The hash of all fields, and of whom it is for.
    pub(super) fn hash(&self, salt: &ContentSalt, person: &str, account: &str) -> ContentHash {
        // A new field does not compile until it is in the hash.
        let Self {
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
        } = self;
        let time = |at: &Option<Timestamp>| at.map(|at| at.to_string());
        let (posted_at, expires_at) = (time(posted_at), time(expires_at));
        salt.hash(&[
            Some(person),
            Some(account),
            application.as_ref().map(ApplicationId::expose),
            policy_number.as_ref().map(PolicyNumber::expose),
            Some(contact_type.name().as_str()),
            contact_type.action().map(ActionKind::as_str),
            Some(subject.expose()),
            Some(body.expose()),
            link.as_ref().map(ContactLink::expose),
            group.as_ref().map(GroupId::expose),
            posted_at.as_deref(),
            expires_at.as_deref(),
            Some(if *mandatory { "mandatory" } else { "" }),
            Some(sender.kind().as_str()),
            Some(sender.name()),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_and_always_a_request_has_an_action() {
        let kind = || Some(ActionKind::parse("OTHER").unwrap());
        assert!(ContactType::new(ContactTypeName::Notice, None).is_ok());
        assert!(ContactType::new(ContactTypeName::ActionRequest, kind()).is_ok());
        assert!(ContactType::new(ContactTypeName::Notice, kind()).is_err());
        assert!(ContactType::new(ContactTypeName::ActionRequest, None).is_err());
        for bad in ["", "other", "A-B", "A B", &"A".repeat(65)] {
            assert!(ActionKind::parse(bad).is_err(), "{bad}");
        }
    }
}
