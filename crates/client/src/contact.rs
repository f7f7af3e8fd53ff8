//! Contacts: write, approve, answer, read and list them.

use jiff::Timestamp;
use madoguchi_domain::redacted;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::answer::{ApiAnswer, ClientError, Done};
use crate::client::{Client, Method, query, segment};

redacted!(AddContact, ContactSender, UpdateContact, StaffContact, CustomerAnswer);
redacted!(ContactApproval, ContactHistoryEvent, ContactFieldChange);

/// A new contact.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddContact {
    /// Whom it is for.
    pub person_id: String,
    /// The person's account.
    pub account_id: String,
    /// `NOTICE` or `ACTION_REQUEST`.
    #[serde(rename = "type")]
    pub contact_type: String,
    /// What the customer is asked to do, in an `ACTION_REQUEST`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_kind: Option<String>,
    /// The policy that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_number: Option<String>,
    /// The application that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    /// What ties it to other contacts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// The first line.
    pub subject: String,
    /// The text.
    pub body: String,
    /// Where the customer acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// When the customer may see it at the earliest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posted_at: Option<Timestamp>,
    /// When it is no longer of use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Whether its mail may go to a person who stopped mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mandatory: Option<bool>,
    /// Who sends it.
    pub sender: ContactSender,
}

/// Who sends a contact, as staff see it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactSender {
    /// `HUMAN` or `SYSTEM`, as the caller is.
    pub kind: String,
    /// The name.
    pub name: String,
}

/// One act on a contact.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum UpdateContact {
    /// The matter was settled by phone: `ANSWERED`.
    AnswerStatus(String),
    /// Approve it as it was read.
    #[serde(rename_all = "camelCase")]
    Approve {
        /// The `content_hash` that was read.
        content_hash: String,
    },
    /// Reject it.
    Reject {
        /// Why.
        reason: String,
    },
    /// New values of some content fields, by name; null removes one.
    #[serde(untagged)]
    Edit(serde_json::Map<String, Value>),
}

/// A contact that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContactReceipt {
    /// Its id.
    pub contact_id: String,
}

/// What became of one contact that was to be approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalOutcome {
    /// The contact.
    #[serde(rename = "contactId")]
    pub contact_id: String,
    /// Whether this call approved it.
    pub approved: bool,
    /// `0000`, or an error code.
    pub result_code: String,
    /// For people, if it was not approved.
    pub message: Option<String>,
}

/// A contact, as staff see it: the fields that programs use most.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StaffContact {
    /// Its id.
    pub contact_id: String,
    /// Whom it is for.
    pub person_id: String,
    /// The first line.
    pub subject: String,
    /// `DRAFT`, `REJECTED`, `VALID`, `ANSWERED`, `SETTLED` or `DELETED`.
    pub state: String,
    /// Whether it is approved and not deleted.
    pub valid: bool,
    /// The state of its approval.
    pub approval: ContactApproval,
    /// The answer, if there is one.
    pub answer: Option<CustomerAnswer>,
    /// What became of its mail.
    pub mail: MailOfContact,
    /// For the approval of the contact as it is here.
    pub content_hash: String,
    /// Its version.
    pub version: u32,
    /// What the caller can do with it now.
    pub allowed_actions: Vec<String>,
}

/// What became of the mail about a contact.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct MailOfContact {
    /// `NONE`, `PENDING`, `SENT`, `SUPPRESSED`, `UNCERTAIN` or `FAILED`.
    pub state: String,
    /// Since when; of a pending mail, when it is due.
    pub at: Option<Timestamp>,
    /// Why it was suppressed, or the code with which it failed.
    pub reason: Option<String>,
    /// The id of the mail, which contacts of one group share.
    #[serde(rename = "mailId")]
    pub mail_id: Option<String>,
}

/// The state of a contact's approval.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct ContactApproval {
    /// `DRAFT`, `APPROVED`, `REJECTED` or `BY_POLICY`.
    pub status: String,
    /// When it was decided.
    pub at: Option<Timestamp>,
    /// Who decided.
    pub by: Option<String>,
    /// Why it was rejected.
    pub reason: Option<String>,
}

/// The answer to a contact.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct CustomerAnswer {
    /// `CUSTOMER` or `PHONE`.
    pub how: String,
    /// When.
    pub at: Timestamp,
    /// Who recorded it.
    pub by: String,
    /// What the customer answered.
    pub text: Option<String>,
}

/// One event of a contact.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct ContactHistoryEvent {
    /// The version that it made.
    pub version: u32,
    /// For example `added` or `approved`.
    pub event: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// `HUMAN` or `SYSTEM`.
    pub kind: String,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// What the customer answered.
    pub answer: Option<String>,
    /// The content fields that it changed.
    pub changes: Vec<ContactFieldChange>,
}

/// A content field that changed.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct ContactFieldChange {
    /// Its name.
    pub field: String,
    /// Its value before.
    pub old: Option<String>,
    /// Its value since.
    pub new: Option<String>,
}

pub(crate) fn path(contact_id: &str) -> Result<String, ClientError> {
    Ok(format!("/api/v1/contacts/{}", segment(contact_id)?))
}

impl Client {
    /// `addContact`.
    ///
    /// # Errors
    /// When no whole answer came; also for the other calls.
    pub async fn add_contact(
        &self,
        contact: &AddContact,
    ) -> Result<ApiAnswer<ContactReceipt>, ClientError> {
        self.post("/api/v1/contacts", contact).await
    }

    /// `readContact`. The answer's `etag` is for a change.
    pub async fn contact(&self, contact_id: &str) -> Result<ApiAnswer<StaffContact>, ClientError> {
        self.get(&path(contact_id)?).await
    }

    /// `readContactHistory`.
    pub async fn contact_history(
        &self,
        contact_id: &str,
    ) -> Result<ApiAnswer<Vec<ContactHistoryEvent>>, ClientError> {
        self.get(&format!("{}/history", path(contact_id)?)).await
    }

    /// `listContacts`: a page, with these parameters. The answer's `next` is the cursor of the next
    /// one.
    pub async fn contacts(
        &self,
        parameters: &[(&str, &str)],
    ) -> Result<ApiAnswer<Vec<StaffContact>>, ClientError> {
        self.get(&query("/api/v1/contacts", parameters)?).await
    }

    /// `updateContact`, on the version with this ETag, or on any with `*`.
    pub async fn update_contact(
        &self,
        contact_id: &str,
        if_match: &str,
        update: &UpdateContact,
    ) -> Result<ApiAnswer<ContactReceipt>, ClientError> {
        let headers = [("If-Match", if_match)];
        self.send(Method::PUT, &path(contact_id)?, &headers, Some(update)).await
    }

    /// `approveContacts`: ids, each with the `content_hash` that was read.
    pub async fn approve_contacts(
        &self,
        shown: &[(&str, &str)],
    ) -> Result<ApiAnswer<Vec<ApprovalOutcome>>, ClientError> {
        let item =
            |(id, hash): &(&str, &str)| serde_json::json!({ "contactId": id, "contentHash": hash });
        let items: Vec<_> = shown.iter().map(item).collect();
        self.post("/api/v1/contacts/approvals", &items).await
    }

    /// `deleteContact`, on the version with this ETag, or on any with `*`.
    pub async fn delete_contact(
        &self,
        contact_id: &str,
        if_match: &str,
    ) -> Result<ApiAnswer<Done>, ClientError> {
        let headers = [("If-Match", if_match)];
        self.send(Method::DELETE, &path(contact_id)?, &headers, None::<&()>).await
    }
}
