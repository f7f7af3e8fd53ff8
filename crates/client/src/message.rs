//! Messages: contacts as the customer sees and answers them.

use jiff::Timestamp;
use madoguchi_domain::redacted;
use serde::{Deserialize, Serialize};

use crate::answer::{ApiAnswer, ClientError};
use crate::client::{Client, segment};
use crate::contact::{ContactReceipt, path};

redacted!(Message);

/// A contact, as the customer sees it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
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
