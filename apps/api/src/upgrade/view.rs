//! A case as the JSON that callers see.

use madoguchi_application::{CaseView, Opened};
use madoguchi_domain::Timestamp;
use madoguchi_domain::effect::{Effect, EffectState, EffectStateName, Fence};
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::member::MemberId;
use madoguchi_domain::upgrade::{Case, CaseId, GrantedCase, QrToken, State, StateName};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::body::{one_of, text_of};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CaseState)]
pub(super) struct CaseStateBody {
    #[schema(schema_with = text_of::<CaseId>)]
    case_id: String,
    #[schema(schema_with = states)]
    state: &'static str,
}

impl CaseStateBody {
    pub(super) fn new(case: CaseId, state: StateName) -> Self {
        Self { case_id: case.to_string(), state: state.as_str() }
    }
}

/// The URL in a QR code.
pub(super) fn qr_content(base_url: &str, token: &QrToken) -> String {
    format!("{base_url}/{}", token.expose())
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OpenedCase)]
pub(super) struct OpenedBody {
    #[serde(flatten)]
    standing: CaseStateBody,
    /// Null once the case was verified, because the code is used up.
    #[schema(required)]
    qr_code: Option<QrBody>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = QrCode)]
struct QrBody {
    /// The URL to draw; its last segment is the QR token.
    content: String,
    expires_at: Timestamp,
}

impl OpenedBody {
    pub(super) fn new(opened: &Opened, base_url: &str) -> Self {
        let GrantedCase { case, state, qr, .. } = opened.case;
        let qr_code = opened.qr.as_ref().zip(qr).map(|(token, qr)| QrBody {
            content: qr_content(base_url, token),
            expires_at: qr.expires_at,
        });
        Self { standing: CaseStateBody::new(case, state), qr_code }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Case)]
pub(super) struct CaseBody<'a> {
    #[serde(flatten)]
    standing: CaseStateBody,
    #[schema(schema_with = text_of::<MemberId>)]
    member_id: &'a str,
    opened_at: Timestamp,
    /// The account's current level; empty if none was ever recorded.
    level: &'a str,
    /// The level of a passed verdict that the core bank has not confirmed yet.
    #[schema(required)]
    target_level: Option<&'a str>,
    /// The order to the core bank; null before a passed verdict.
    #[schema(required)]
    core_bank: Option<CoreBankBody<'a>>,
    /// What the case waits for; null once nothing is left to do.
    #[schema(required)]
    blocked_on: Option<BlockedOn>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CoreBank)]
struct CoreBankBody<'a> {
    #[schema(schema_with = effect_states)]
    state: &'static str,
    /// The level that the order sets.
    level: &'a str,
    /// The order's id at the core bank; a retry has the same.
    transaction_id: &'a str,
    /// When it entered its state.
    since: Timestamp,
    /// The number of its newest claim; a claim whose lease lapsed counts twice.
    claims: i32,
    /// The core bank's code of a final refusal; absent in every other state.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
}

/// What a case waits for, since when, and when the next automatic step is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BlockedOn {
    #[schema(schema_with = reasons)]
    what: &'static str,
    /// The same for people.
    message: &'static str,
    since: Timestamp,
    /// When the next automatic step is; null if a person has to act.
    #[schema(required)]
    next_attempt_at: Option<Timestamp>,
}

/// The schema of a case's state.
pub(super) fn states() -> RefOr<Schema> {
    one_of(StateName::ALL.map(StateName::as_str)).into()
}

fn effect_states() -> RefOr<Schema> {
    one_of(EffectStateName::ALL.map(EffectStateName::as_str)).into()
}

fn reasons() -> RefOr<Schema> {
    one_of(REASONS.map(|(what, _)| what)).into()
}

impl<'a> From<&'a CaseView> for CaseBody<'a> {
    fn from(CaseView { case, snapshot }: &'a CaseView) -> Self {
        let (member, effect) = (&snapshot.member, snapshot.effect.as_ref());
        Self {
            standing: CaseStateBody::new(case.id, case.state.name()),
            member_id: member.id.expose(),
            opened_at: case.opened_at,
            level: member.level().map_or("", AccountLevel::as_str),
            target_level: member.target.as_ref().map(AccountLevel::as_str),
            core_bank: effect.map(|effect| CoreBankBody::new(case, effect)),
            blocked_on: blocked_on(case, effect),
        }
    }
}

impl<'a> CoreBankBody<'a> {
    fn new(case: &'a Case, effect: &'a Effect) -> Self {
        let code = match &effect.state {
            EffectState::Rejected { code } => Some(code.as_str()),
            EffectState::Planned { .. }
            | EffectState::Sending { .. }
            | EffectState::Unknown { .. }
            | EffectState::Confirmed
            | EffectState::Cancelled { .. }
            | EffectState::Manual => None,
        };
        Self {
            state: effect.state.name().as_str(),
            level: case.state.target().map_or("", AccountLevel::as_str),
            transaction_id: effect.order.upstream_id.as_str(),
            since: effect.since,
            claims: effect.fence.0,
            code,
        }
    }
}

fn blocked_on(case: &Case, effect: Option<&Effect>) -> Option<BlockedOn> {
    let waits = |(what, message), since, next_attempt_at| {
        Some(BlockedOn { what, message, since, next_attempt_at })
    };
    match (&case.state, effect) {
        (State::New, _) => waits(VERIFICATION, case.opened_at, None),
        (State::EddaSuccess { check }, _) => waits(VERDICT, check.at, None),
        (State::CustomerSuccess { .. }, Some(effect)) => match &effect.state {
            EffectState::Planned { due } if effect.fence == Fence(0) => {
                waits(DELIVERY_PLANNED, effect.since, Some(*due))
            }
            EffectState::Planned { due } => waits(RETRY_SCHEDULED, effect.since, Some(*due)),
            EffectState::Sending { lease_until, .. } => {
                waits(DELIVERY_IN_PROGRESS, effect.since, Some(*lease_until))
            }
            EffectState::Unknown { settles_at } => {
                waits(OUTCOME_UNKNOWN, effect.since, Some(*settles_at))
            }
            EffectState::Manual => waits(MANUAL_REVIEW, effect.since, None),
            EffectState::Confirmed
            | EffectState::Rejected { .. }
            | EffectState::Cancelled { .. } => None,
        },
        (State::CustomerSuccess { decided_at, .. }, None) => {
            waits(EFFECT_MISSING, *decided_at, None)
        }
        (State::EddaFailure { .. } | State::CustomerFailure { .. }, _) => None,
    }
}

/// A code for programs and a message for people.
type Blocked = (&'static str, &'static str);

/// All of them.
const REASONS: [Blocked; 8] = [
    VERIFICATION,
    VERDICT,
    EFFECT_MISSING,
    DELIVERY_PLANNED,
    RETRY_SCHEDULED,
    DELIVERY_IN_PROGRESS,
    OUTCOME_UNKNOWN,
    MANUAL_REVIEW,
];

const VERIFICATION: Blocked = ("VERIFICATION", "The verification has not been reported yet.");
const VERDICT: Blocked = ("VERDICT", "The agent has not given the verdict yet.");
const EFFECT_MISSING: Blocked = (
    "EFFECT_MISSING",
    "The order to the core bank has not been planned yet; the sweeper plans it.",
);
const DELIVERY_PLANNED: Blocked = ("DELIVERY_PLANNED", "The order will be sent to the core bank.");
const RETRY_SCHEDULED: Blocked =
    ("RETRY_SCHEDULED", "Another attempt to send the order is scheduled.");
const DELIVERY_IN_PROGRESS: Blocked =
    ("DELIVERY_IN_PROGRESS", "The order is being sent to the core bank.");
const OUTCOME_UNKNOWN: Blocked =
    ("OUTCOME_UNKNOWN", "The core bank's answer was lost or unclear; the settle time is running.");
const MANUAL_REVIEW: Blocked =
    ("MANUAL_REVIEW", "Operators have to find out what the core bank did.");

#[cfg(test)]
mod tests {
    use madoguchi_testkit::fake_store::FakeStore;
    use madoguchi_testkit::samples;
    use madoguchi_testkit::upgrade_driver::UpgradeDriver;

    use super::*;

    async fn shown(driver: &UpgradeDriver) -> serde_json::Value {
        let snapshot = driver.newest(1).await;
        let view = CaseView { case: snapshot.case.clone().unwrap(), snapshot };
        serde_json::to_value(CaseBody::from(&view)).unwrap()
    }

    #[actix_web::test]
    async fn a_passed_case_without_an_effect_names_what_is_missing() {
        let driver = UpgradeDriver::at(&FakeStore::new(samples::audit_key()).stores());
        driver.verified(1..=1).await;
        driver.orphan(1).await;
        let case = shown(&driver).await;
        assert_eq!(case["coreBank"], serde_json::Value::Null);
        assert_eq!(case["blockedOn"]["what"], "EFFECT_MISSING");
        assert_eq!(case["blockedOn"]["since"], samples::at(120).to_string());
        assert_eq!(case["blockedOn"]["nextAttemptAt"], serde_json::Value::Null);
    }

    #[actix_web::test]
    async fn a_passed_case_shows_its_order() {
        let driver = UpgradeDriver::at(&FakeStore::new(samples::audit_key()).stores());
        driver.passed(1..=1).await;
        let case = shown(&driver).await;
        let order = driver.effect(1).await.order;
        assert_eq!(case["coreBank"]["transactionId"], order.upstream_id.as_str());
        assert_eq!(case["coreBank"]["level"], "1A");
        assert_eq!(case["blockedOn"]["what"], "DELIVERY_PLANNED");
    }
}
