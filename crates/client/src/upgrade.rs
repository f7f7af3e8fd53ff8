//! Account upgrade: open, verify, decide, read.

use jiff::Timestamp;
use madoguchi_domain::redacted;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::answer::{ApiAnswer, ClientError, Document, Done};
use crate::client::{Client, segment};
use crate::timeline::TimelineEvent;

redacted!(QrCode, CaseAnswer, Verification, ScannedVerification);

/// A case's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseState {
    /// The case.
    pub case_id: String,
    /// `New`, `EDDASuccess`, `EDDAFailure`, `CustomerSuccess` or `CustomerFailure`.
    pub state: String,
}

/// An open case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenedCase {
    /// The case.
    pub case_id: String,
    /// Its state.
    pub state: String,
    /// Null once the case was verified.
    pub qr_code: Option<QrCode>,
}

/// A QR code for the customer to scan.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QrCode {
    /// The URL to draw.
    pub content: String,
    /// When it is no longer valid.
    pub expires_at: Timestamp,
}

impl QrCode {
    /// The token for [`ScannedVerification`]: the last segment of the URL.
    #[must_use]
    pub fn token(&self) -> &str {
        self.content.rsplit('/').next().unwrap_or_default()
    }
}

/// A case in full.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseAnswer {
    /// The case.
    pub case_id: String,
    /// Its state.
    pub state: String,
    /// The member.
    pub member_id: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// The account's current level; empty if there is none.
    pub level: String,
    /// Where the level comes from: `REGISTERED`, `CORE_BANK` or `MANUAL`. Empty from an older
    /// server.
    #[serde(default)]
    pub level_source: String,
    /// The level of a passed verdict that the core bank has not confirmed yet.
    pub target_level: Option<String>,
    /// The order to the core bank, once there is one.
    pub core_bank: Option<CoreBankOrder>,
    /// What it waits for, if an automatic step or a person is to act.
    pub blocked_on: Option<BlockedOn>,
}

impl CaseAnswer {
    /// Whether no automatic step is left. `Manual` may still change: a late proof can confirm it.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let sent = self.core_bank.as_ref().map_or("", |order| &order.state);
        match self.state.as_str() {
            "EDDAFailure" | "CustomerFailure" => true,
            "CustomerSuccess" => ["Confirmed", "Rejected", "Cancelled", "Manual"].contains(&sent),
            _ => false,
        }
    }
}

/// The order to the core bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CoreBankOrder {
    /// `Planned`, `Sending`, `Unknown`, `Confirmed`, `Rejected`, `Cancelled` or `Manual`.
    pub state: String,
    /// The level it sets.
    pub level: String,
    /// Its id at the core bank.
    pub transaction_id: String,
    /// When it entered its state.
    pub since: Timestamp,
    /// The number of its newest claim.
    pub claims: i32,
    /// The core bank's code of a final refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// What a case or an effect waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockedOn {
    /// A code for programs, for example `OUTCOME_UNKNOWN`.
    pub what: String,
    /// The same for people.
    pub message: String,
    /// Since when.
    pub since: Timestamp,
    /// When the next automatic step is.
    pub next_attempt_at: Option<Timestamp>,
}

/// The result of a check by a verification service.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// `EDDA` or `VA`.
    pub source: String,
    /// Whether the customer passed.
    pub is_pass: bool,
    /// The service's id of this result.
    pub reference: String,
}

/// The result of the scan-code check, by the scanned token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScannedVerification {
    /// The token in the QR code; see [`QrCode::token`].
    pub qr_token: String,
    /// Whether the customer passed.
    pub is_pass: bool,
    /// The service's id of this result.
    pub reference: String,
}

impl Client {
    /// The source's path for verdicts, with the default of `server.source_prefix`.
    pub const VERDICT: &str = "/ap1/api/v1.0/UpgradeAccount/IVRCheckUpgradeAccount";

    /// `openUpgrade`: 201, or 200 if a case is open.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn open_upgrade(
        &self,
        member_id: &str,
    ) -> Result<ApiAnswer<OpenedCase>, ClientError> {
        self.post("/api/v1/upgrades", &json!({ "memberId": member_id })).await
    }

    /// `readUpgrade`.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn upgrade(&self, case_id: &str) -> Result<ApiAnswer<CaseAnswer>, ClientError> {
        self.get(&of_case(case_id, "")?).await
    }

    /// `readTimeline`, oldest first.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn timeline(
        &self,
        case_id: &str,
    ) -> Result<ApiAnswer<Vec<TimelineEvent>>, ClientError> {
        self.get(&of_case(case_id, "/timeline")?).await
    }

    /// `drawQrCode`: the body is the picture.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn qr_picture(&self, case_id: &str) -> Result<ApiAnswer<Document>, ClientError> {
        self.get(&of_case(case_id, "/qr.svg")?).await
    }

    /// `verifyUpgrade`.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn verify(
        &self,
        case_id: &str,
        verification: &Verification,
    ) -> Result<ApiAnswer<CaseState>, ClientError> {
        self.post(&of_case(case_id, "/verification")?, verification).await
    }

    /// `verifyScanned`.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn verify_scanned(
        &self,
        verification: &ScannedVerification,
    ) -> Result<ApiAnswer<CaseState>, ClientError> {
        self.post("/api/v1/verifications", verification).await
    }

    /// `decideNewestUpgrade`: the agent's verdict on a member's newest case, at the source's path.
    /// Repeated late, it may reach a newer case: then use [`decide`](Self::decide).
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn decide_newest(
        &self,
        member_id: &str,
        passed: bool,
    ) -> Result<ApiAnswer<Done>, ClientError> {
        self.post(Self::VERDICT, &json!({ "memberId": member_id, "isPass": passed })).await
    }

    /// `decideUpgrade`: the agent's verdict on one case.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn decide(
        &self,
        case_id: &str,
        passed: bool,
    ) -> Result<ApiAnswer<CaseState>, ClientError> {
        self.post(&of_case(case_id, "/verdict")?, &json!({ "isPass": passed })).await
    }
}

fn of_case(case_id: &str, rest: &str) -> Result<String, ClientError> {
    Ok(format!("/api/v1/upgrades/{}{rest}", segment(case_id)?))
}
