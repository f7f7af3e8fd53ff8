//! Effects of every kind: see them, and resolve those that are stuck.

use jiff::Timestamp;
use madoguchi_domain::redacted;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::answer::{ApiAnswer, ClientError};
use crate::client::{Client, query, segment};
use crate::timeline::TimelineEvent;
use crate::upgrade::BlockedOn;

redacted!(ProposeResolution, EffectResolution, EffectDetail);

/// An effect: an order to another system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EffectAnswer {
    /// For example `SetLevel` or `Mail`.
    pub kind: String,
    /// Its id: that of the case or mail that it is about.
    pub id: String,
    /// The record that it is about.
    pub subject: Option<EffectSubject>,
    /// For example `Manual`.
    pub state: String,
    /// When it entered its state.
    pub since: Timestamp,
    /// The number of its newest claim.
    pub attempts: i32,
    /// The code of a rejected one, or why it was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What it waits for, unless it has its final outcome.
    pub blocked_on: Option<BlockedOn>,
}

/// The record that an effect is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectSubject {
    /// For example `case` or `mail`.
    pub kind: String,
    /// Its id.
    pub id: String,
}

/// An effect with everything that is known of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EffectDetail {
    /// The effect.
    #[serde(flatten)]
    pub effect: EffectAnswer,
    /// When it was planned.
    pub planned_at: Timestamp,
    /// Its constant id at the other system.
    pub upstream_id: Option<String>,
    /// Whether it is proven to be applied.
    pub is_proven: bool,
    /// Whether its order can be read.
    pub is_readable: bool,
    /// Attempts and resolutions, oldest first.
    pub timeline: Vec<TimelineEvent>,
    /// The resolution that waits for an approval.
    pub resolution: Option<EffectResolution>,
}

/// A proposed outcome.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposeResolution {
    /// `Confirmed`, `Rejected` or `Planned`.
    pub outcome: String,
    /// Why.
    pub reason: String,
    /// What shows it; required for `Confirmed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

/// A resolution that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResolutionReceipt {
    /// Its id.
    pub resolution_id: String,
    /// `PROPOSED`, `APPROVED` or `WITHDRAWN`.
    pub state: String,
    /// For the approval.
    pub content_hash: String,
}

/// A resolution.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EffectResolution {
    /// Its id.
    pub resolution_id: String,
    /// The kind of the effect.
    pub kind: String,
    /// The effect.
    pub effect_id: String,
    /// `Confirmed`, `Rejected` or `Planned`.
    pub outcome: String,
    /// Why.
    pub reason: String,
    /// What shows it.
    pub evidence: Option<String>,
    /// `PROPOSED`, `APPROVED`, `WITHDRAWN` or `LAPSED`.
    pub state: String,
    /// For the approval.
    pub content_hash: String,
    /// When it was proposed.
    pub proposed_at: Timestamp,
    /// Who proposed it.
    pub proposed_by: ResolutionActor,
    /// When it lapses without an approval.
    pub lapses_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// Who closed it.
    pub closed_by: Option<ResolutionActor>,
}

/// Who proposed or closed a resolution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolutionActor {
    /// The subject of the token.
    pub by: String,
    /// `HUMAN`.
    pub kind: String,
}

fn path(kind: &str, id: &str, rest: &str) -> Result<String, ClientError> {
    Ok(format!("/api/v1/effects/{}/{}{rest}", segment(kind)?, segment(id)?))
}

impl Client {
    /// `listEffects`: a page, with these parameters. The answer's `next` is the cursor of the next
    /// one.
    ///
    /// # Errors
    /// When no whole answer came; also for the other calls.
    pub async fn effects(
        &self,
        parameters: &[(&str, &str)],
    ) -> Result<ApiAnswer<Vec<EffectAnswer>>, ClientError> {
        self.get(&query("/api/v1/effects", parameters)?).await
    }

    /// `readEffect`.
    pub async fn effect(
        &self,
        kind: &str,
        id: &str,
    ) -> Result<ApiAnswer<EffectDetail>, ClientError> {
        self.get(&path(kind, id, "")?).await
    }

    /// `listResolutions`: a page, with these parameters, as [`effects`](Self::effects).
    pub async fn resolutions(
        &self,
        parameters: &[(&str, &str)],
    ) -> Result<ApiAnswer<Vec<EffectResolution>>, ClientError> {
        self.get(&query("/api/v1/resolutions", parameters)?).await
    }

    /// `proposeResolution`.
    pub async fn propose_resolution(
        &self,
        kind: &str,
        id: &str,
        proposal: &ProposeResolution,
    ) -> Result<ApiAnswer<ResolutionReceipt>, ClientError> {
        self.post(&path(kind, id, "/resolution")?, proposal).await
    }

    /// `approveResolution`, as it was read with this `content_hash`.
    pub async fn approve_resolution(
        &self,
        kind: &str,
        id: &str,
        content_hash: &str,
    ) -> Result<ApiAnswer<ResolutionReceipt>, ClientError> {
        let body = json!({ "contentHash": content_hash });
        self.post(&path(kind, id, "/resolution/approval")?, &body).await
    }

    /// `withdrawResolution`.
    pub async fn withdraw_resolution(
        &self,
        kind: &str,
        id: &str,
    ) -> Result<ApiAnswer<ResolutionReceipt>, ClientError> {
        self.post(&path(kind, id, "/resolution/withdrawal")?, &json!({})).await
    }
}
