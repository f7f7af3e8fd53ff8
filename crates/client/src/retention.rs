//! Retention: completions of applications, legal holds, and what runs of retention report.

use jiff::Timestamp;
use madoguchi_domain::redacted;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::answer::{ApiAnswer, ClientError, Document};
use crate::client::{Client, Method, query, segment};
use crate::effect::ResolutionActor;

redacted!(PlaceHold, HoldAnswer, UnansweredContact, CompletionAnswer, PurgeReceiptAnswer);

/// The completion of an application.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompletionAnswer {
    /// The application.
    pub application_id: String,
    /// The day in Japan, for example `2020-10-22`.
    pub completed_on: String,
    /// The last day in Japan on which its contacts are kept.
    pub last_day_kept: String,
}

/// A new legal hold, on a person or on an application.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlaceHold {
    /// The person whose contacts it covers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_id: Option<String>,
    /// The application whose contacts it covers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    /// Why.
    pub reason: String,
}

/// A legal hold that was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlacedHoldAnswer {
    /// Its id.
    pub hold_id: String,
    /// The contacts that it covers.
    pub contacts: HeldContactCounts,
}

/// The numbers of contacts that a legal hold covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldContactCounts {
    /// Not deleted.
    pub kept: u64,
    /// Deleted, not purged.
    pub deleted: u64,
    /// Purged.
    pub purged: u64,
}

/// A legal hold that is released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HoldReceipt {
    /// Its id.
    pub hold_id: String,
}

/// A legal hold.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HoldAnswer {
    /// Its id.
    pub hold_id: String,
    /// The person that it is on, if it is on one.
    pub person_id: Option<String>,
    /// The application that it is on, if it is on one.
    pub application_id: Option<String>,
    /// Why.
    pub reason: String,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// Who placed it.
    pub placed_by: ResolutionActor,
    /// When it was released.
    pub released_at: Option<Timestamp>,
    /// Who released it.
    pub released_by: Option<ResolutionActor>,
}

/// A contact that nobody has answered while its retention ends.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnansweredContact {
    /// The contact.
    pub contact_id: String,
    /// Whom it is for.
    pub person_id: String,
    /// The application that it names.
    pub application_id: Option<String>,
    /// When the retention of the application ends or ended.
    pub kept_until: Option<Timestamp>,
    /// When it was reported.
    pub reported_at: Option<Timestamp>,
    /// Whether a legal hold covers it.
    pub is_held: bool,
}

/// The proof that a contact was purged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PurgeReceiptAnswer {
    /// The contact.
    pub contact_id: String,
    /// The application that it named.
    pub application_id: Option<String>,
    /// The data key that was erased.
    pub data_key_id: String,
    /// `DELETED` or `UNANSWERED`.
    pub ground: String,
    /// From when on the purge age counted.
    pub since: Timestamp,
    /// The purge age in days.
    pub purge_after_days: u16,
    /// When it was purged.
    pub purged_at: Timestamp,
    /// The request id of the purge in the audit log.
    pub request_id: String,
}

impl Client {
    /// `completeApplication`. `completed_at` has an offset, for example
    /// `2026-01-05T17:30:00+09:00`.
    ///
    /// # Errors
    /// When no whole answer came; also for the other calls.
    pub async fn complete_application(
        &self,
        application_id: &str,
        completed_at: &str,
    ) -> Result<ApiAnswer<CompletionAnswer>, ClientError> {
        let path = format!("/api/v1/applications/{}/completion", segment(application_id)?);
        self.post(&path, &json!({ "completedAt": completed_at })).await
    }

    /// `listUnanswered`: a page, with these parameters.
    pub async fn unanswered(
        &self,
        parameters: &[(&str, &str)],
    ) -> Result<ApiAnswer<Vec<UnansweredContact>>, ClientError> {
        self.get(&query("/api/v1/retention/unanswered", parameters)?).await
    }

    /// `listUnanswered` as CSV, with these parameters.
    pub async fn unanswered_csv(
        &self,
        parameters: &[(&str, &str)],
    ) -> Result<ApiAnswer<Document>, ClientError> {
        let path = query("/api/v1/retention/unanswered", parameters)?;
        self.send(Method::GET, &path, &[("Accept", "text/csv")], None::<&()>).await
    }

    /// `listPurgeReceipts`: a page, with these parameters.
    pub async fn purge_receipts(
        &self,
        parameters: &[(&str, &str)],
    ) -> Result<ApiAnswer<Vec<PurgeReceiptAnswer>>, ClientError> {
        self.get(&query("/api/v1/retention/receipts", parameters)?).await
    }

    /// `placeHold`.
    pub async fn place_hold(
        &self,
        hold: &PlaceHold,
    ) -> Result<ApiAnswer<PlacedHoldAnswer>, ClientError> {
        self.post("/api/v1/holds", hold).await
    }

    /// `listHolds`: a page, with these parameters.
    pub async fn holds(
        &self,
        parameters: &[(&str, &str)],
    ) -> Result<ApiAnswer<Vec<HoldAnswer>>, ClientError> {
        self.get(&query("/api/v1/holds", parameters)?).await
    }

    /// `releaseHold`.
    pub async fn release_hold(&self, hold_id: &str) -> Result<ApiAnswer<HoldReceipt>, ClientError> {
        self.post(&format!("/api/v1/holds/{}/release", segment(hold_id)?), &json!({})).await
    }
}
