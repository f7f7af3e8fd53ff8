//! A case as the JSON that callers see.

use madoguchi_application::{CaseView, Opened};
use madoguchi_domain::Timestamp;
use madoguchi_domain::effect::{Effect, EffectState};
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::member::MemberId;
use madoguchi_domain::upgrade::{Case, CaseId, GrantedCase, QrToken, State, StateName};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::blocked::{self, BlockedOn, EFFECT_MISSING, VERDICT, VERIFICATION};
use crate::body::{one_of, text_of};
use crate::effect::effect_states;
use crate::member::level_sources;

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
    /// Where the level comes from.
    #[schema(schema_with = level_sources)]
    level_source: &'static str,
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

/// The schema of a case's state.
pub(super) fn states() -> RefOr<Schema> {
    one_of(StateName::ALL.map(StateName::as_str)).into()
}

impl<'a> From<&'a CaseView> for CaseBody<'a> {
    fn from(CaseView { case, snapshot }: &'a CaseView) -> Self {
        let (member, effect) = (&snapshot.member, snapshot.effect.as_ref());
        Self {
            standing: CaseStateBody::new(case.id, case.state.name()),
            member_id: member.id.expose(),
            opened_at: case.opened_at,
            level: member.level().map_or("", AccountLevel::as_str),
            level_source: member.level_source().as_str(),
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
    let waits =
        |(what, message), since| Some(BlockedOn { what, message, since, next_attempt_at: None });
    match (&case.state, effect) {
        (State::New, _) => waits(VERIFICATION, case.opened_at),
        (State::EddaSuccess { check }, _) => waits(VERDICT, check.at),
        (State::CustomerSuccess { .. }, Some(effect)) => blocked::blocked_on(&effect.into()),
        (State::CustomerSuccess { decided_at, .. }, None) => waits(EFFECT_MISSING, *decided_at),
        (State::EddaFailure { .. } | State::CustomerFailure { .. }, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_testkit::driver::upgrade::UpgradeDriver;
    use madoguchi_testkit::fake::store::FakeStore;
    use madoguchi_testkit::samples;

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
