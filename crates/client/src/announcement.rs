//! Announcements: what is written to everyone, and how far its mails are.

use jiff::Timestamp;
use madoguchi_domain::redacted;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::answer::{ApiAnswer, ClientError, Done};
use crate::client::{Client, Method, segment};

redacted!(AddAnnouncement, AnnouncementAnswer);

/// A new announcement.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddAnnouncement {
    /// The first line.
    pub subject: String,
    /// The text.
    pub body: String,
    /// Where a recipient reads more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// When its recipients may see it at the earliest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posted_at: Option<Timestamp>,
    /// Whether its recipients get a mail about it.
    pub mail: bool,
}

/// What a call that wrote an announcement answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AnnouncementReceipt {
    /// Its id.
    pub announcement_id: String,
    /// `DRAFT`, `SUBMITTED`, `APPROVED` or `REJECTED`.
    pub state: String,
    /// How many recipients it has, once they are fixed.
    pub recipients: Option<u32>,
    /// What an approval names.
    pub content_hash: String,
}

/// An announcement with the progress of its mails: the fields that programs use most.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AnnouncementAnswer {
    /// Its id.
    pub announcement_id: String,
    /// `DRAFT`, `SUBMITTED`, `APPROVED` or `REJECTED`.
    pub state: String,
    /// The first line.
    pub subject: String,
    /// How many recipients it has, once they are fixed.
    pub recipients: Option<u32>,
    /// What an approval names.
    pub content_hash: String,
    /// The mails about it.
    pub mailing: Option<MailingAnswer>,
}

/// How far the mails about an announcement are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailingAnswer {
    /// `FIRST`, `HELD`, `RUNNING`, `STOPPED` or `PLANNED`.
    pub state: String,
    /// Since when it is held or stopped.
    pub since: Option<Timestamp>,
    /// For how many recipients a mail is planned.
    pub planned: u32,
    /// How many recipients have their mail in which state.
    pub counts: Vec<MailCountAnswer>,
}

/// How many recipients have their mail in this state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailCountAnswer {
    /// For example `SENT`.
    pub state: String,
    /// Why it was not sent.
    pub reason: Option<String>,
    /// How many.
    pub count: u32,
}

impl Client {
    /// The path of all announcements.
    pub const ANNOUNCEMENTS: &str = "/api/v1/announcements";

    /// `addAnnouncement`.
    ///
    /// # Errors
    /// When no whole answer came; also for the other calls.
    pub async fn add_announcement(
        &self,
        announcement: &AddAnnouncement,
    ) -> Result<ApiAnswer<AnnouncementReceipt>, ClientError> {
        self.post(Self::ANNOUNCEMENTS, announcement).await
    }

    /// `readAnnouncement`.
    pub async fn announcement(
        &self,
        id: &str,
    ) -> Result<ApiAnswer<AnnouncementAnswer>, ClientError> {
        self.get(&path(id)?).await
    }

    /// `submitAnnouncement`: fixes the recipients.
    pub async fn submit_announcement(
        &self,
        id: &str,
    ) -> Result<ApiAnswer<AnnouncementReceipt>, ClientError> {
        self.post(&format!("{}/submission", path(id)?), &json!({})).await
    }

    /// `approveAnnouncement`, with the `content_hash` that was read.
    pub async fn approve_announcement(
        &self,
        id: &str,
        content_hash: &str,
    ) -> Result<ApiAnswer<AnnouncementReceipt>, ClientError> {
        let seen = json!({ "contentHash": content_hash });
        self.post(&format!("{}/approval", path(id)?), &seen).await
    }

    /// `rejectAnnouncement`.
    pub async fn reject_announcement(
        &self,
        id: &str,
        reason: &str,
    ) -> Result<ApiAnswer<AnnouncementReceipt>, ClientError> {
        self.post(&format!("{}/rejection", path(id)?), &json!({ "reason": reason })).await
    }

    /// `releaseAnnouncement`: lets the mails after the first batch go.
    pub async fn release_announcement(
        &self,
        id: &str,
    ) -> Result<ApiAnswer<AnnouncementReceipt>, ClientError> {
        self.post(&format!("{}/release", path(id)?), &json!({})).await
    }

    /// `stopAnnouncement`: no further mail of it is sent.
    pub async fn stop_announcement(
        &self,
        id: &str,
    ) -> Result<ApiAnswer<AnnouncementReceipt>, ClientError> {
        self.post(&format!("{}/stop", path(id)?), &json!({})).await
    }

    /// `readAnnouncementAsCustomer`: records that the customer of the token read it; or this
    /// person, for a My page that acts for customers.
    pub async fn mark_announcement_read(
        &self,
        id: &str,
        person_id: Option<&str>,
    ) -> Result<ApiAnswer<Done>, ClientError> {
        let body = person_id.map_or(json!({}), |person| json!({ "personId": person }));
        self.send(Method::PUT, &format!("{}/reading", path(id)?), &[], Some(&body)).await
    }
}

fn path(id: &str) -> Result<String, ClientError> {
    Ok(format!("{}/{}", Client::ANNOUNCEMENTS, segment(id)?))
}
