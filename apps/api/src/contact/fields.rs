//! The text fields of contacts: their rules, and their schemas in the API document.

use madoguchi_domain::actor::ActorKind;
use madoguchi_domain::approval::{ContentHash, RejectionReason};
use madoguchi_domain::contact::{
    ActionKind, AnswerStatus, AnswerText, ApplicationId, ContactBody, ContactId, ContactLink,
    ContactSubject, ContactTypeName, GroupId, PolicyNumber,
};
use madoguchi_domain::display_name::DisplayName;
use madoguchi_domain::field::InvalidField;
use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat};

use crate::body::{FieldValue, bounded, field_values, one_of, plain};

field_values! {
    /// The id of a contact, which we made.
    ContactId: bounded(36, 36).format(Some(SchemaFormat::Custom("uuid".to_owned())));
    /// The application that the contact belongs to, which decides how long it is kept.
    ApplicationId: plain(1, 64);
    /// The number of an insurance policy. Whether it must be there depends on `actionKind`.
    PolicyNumber: bounded(1, 32).pattern(Some("^[0-9A-Za-z-]*$"));
    /// What the customer is asked to do: only and always in an `ACTION_REQUEST`, and one of the
    /// configured kinds.
    ActionKind: bounded(1, 64).pattern(Some("^[A-Z0-9_]*$"));
    /// The first line, without line breaks.
    ContactSubject: plain(1, 200);
    /// The text, which may have line breaks and tabs.
    ContactBody: bounded(1, 4000);
    /// An https address whose host is configured.
    ContactLink: bounded(9, 2048).pattern(Some("^https://[!-~]*$"));
    /// What ties contacts about the same deficiency of several contracts.
    GroupId: plain(1, 64);
    /// The sender's name: of a program it is `SystemAdmin`, which no person may have.
    SenderName: plain(1, 64);
    /// Why the contact is rejected.
    RejectionReason: plain(1, 500);
    /// The answer, which may have line breaks and tabs.
    AnswerText: bounded(1, 2000);
    /// The `contentHash` of what was read.
    ContentHash: bounded(64, 64).pattern(Some("^[0-9a-f]*$"));
}

/// A name that is checked together with its kind.
pub(super) struct SenderName(pub(super) String);

impl SenderName {
    fn parse(text: &str) -> Result<Self, InvalidField> {
        DisplayName::parse(text).map(|_| Self(text.to_owned()))
    }
}

/// A value of a closed set as a text field.
macro_rules! closed_fields {
    ($($type:ty: $name:literal, $rule:literal;)+) => {$(
        impl FieldValue for $type {
            fn parse(text: &str) -> Result<Self, InvalidField> {
                Self::parse(text).ok_or(InvalidField::new($name, $rule))
            }

            fn schema() -> ObjectBuilder {
                one_of(Self::ALL.map(Self::as_str))
            }
        }
    )+};
}

closed_fields! {
    ContactTypeName: "type", "must be NOTICE or ACTION_REQUEST";
    ActorKind: "kind", "must be HUMAN or SYSTEM";
}

/// The status that staff can set.
pub(super) struct Answered;

impl FieldValue for Answered {
    fn parse(text: &str) -> Result<Self, InvalidField> {
        let is_it = text == AnswerStatus::Answered.as_str();
        let rule = "must be ANSWERED: an answer is final";
        is_it.then_some(Self).ok_or(InvalidField::new("answerStatus", rule))
    }

    fn schema() -> ObjectBuilder {
        let text = "Records that the matter was settled by phone.";
        one_of([AnswerStatus::Answered.as_str()]).description(Some(text))
    }
}
