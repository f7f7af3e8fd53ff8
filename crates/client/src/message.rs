//! Messages: contacts and announcements as the customer sees them.

use jiff::Timestamp;
use madoguchi_domain::redacted;
use serde::{Deserialize, Serialize};

use crate::answer::{ApiAnswer, ClientError};
use crate::client::{Client, segment};
use crate::contact::{ContactReceipt, path};

redacted!(ContactMessage, AnnouncementMessage, Message);

/// What the customer sees.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Message {
    /// A contact.
    Contact(ContactMessage),
    /// An announcement.
    Announcement(AnnouncementMessage),
}

impl Message {
    /// The contact, if it is one.
    #[must_use]
    pub const fn contact(&self) -> Option<&ContactMessage> {
        match self {
            Self::Contact(contact) => Some(contact),
            Self::Announcement(_) => None,
        }
    }

    /// The announcement, if it is one.
    #[must_use]
    pub const fn announcement(&self) -> Option<&AnnouncementMessage> {
        match self {
            Self::Contact(_) => None,
            Self::Announcement(announcement) => Some(announcement),
        }
    }
}

/// An announcement, as the customer sees it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AnnouncementMessage {
    /// Its id.
    pub announcement_id: String,
    /// `ANNOUNCEMENT`.
    #[serde(rename = "type")]
    pub message_type: String,
    /// The first line.
    pub subject: String,
    /// The text.
    pub body: String,
    /// Where the customer reads more.
    pub link: Option<String>,
    /// Since when the customer sees it.
    pub posted_at: Option<Timestamp>,
    /// When the customer read it first.
    pub read_at: Option<Timestamp>,
}

/// A contact, as the customer sees it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContactMessage {
    /// Its id.
    pub contact_id: String,
    /// `NOTICE` or `ACTION_REQUEST`.
    #[serde(rename = "type")]
    pub contact_type: String,
    /// What the customer is asked to do.
    pub action_kind: Option<String>,
    /// The policy that it is about.
    pub policy_number: Option<String>,
    /// What ties it to other contacts.
    pub group_id: Option<String>,
    /// The first line.
    pub subject: String,
    /// The text.
    pub body: String,
    /// Where the customer acts.
    pub link: Option<String>,
    /// Since when the customer sees it.
    pub posted_at: Option<Timestamp>,
    /// When it is no longer of use.
    pub expires_at: Option<Timestamp>,
    /// `UNANSWERED` or `ANSWERED`.
    pub answer_status: String,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// What the customer answered.
    pub answer: Option<String>,
    /// Whether the customer can answer it now.
    pub can_answer: bool,
}

impl Client {
    /// `listMessages`: the first page of what a person sees.
    ///
    /// # Errors
    /// When no whole answer came; also for the other call.
    pub async fn messages(&self, person_id: &str) -> Result<ApiAnswer<Vec<Message>>, ClientError> {
        self.get(&format!("/api/v1/persons/{}/messages", segment(person_id)?)).await
    }

    /// `answerContact`.
    pub async fn answer_contact(
        &self,
        contact_id: &str,
        text: &str,
    ) -> Result<ApiAnswer<ContactReceipt>, ClientError> {
        let body = serde_json::json!({ "answer": text });
        self.post(&format!("{}/answer", path(contact_id)?), &body).await
    }
}
