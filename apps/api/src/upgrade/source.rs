//! The source's endpoint: the agent's desktop sends the verdict for a member.

use actix_web::HttpResponse;
use actix_web::web::Data;
use madoguchi_domain::idempotency::ClientAct;
use madoguchi_domain::member::MemberId;
use madoguchi_domain::upgrade::CaseKey;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app_state::AppState;
use crate::body::{Field, text_of};
use crate::call::Call;
use crate::idempotency::marked;
use crate::operation::{Answer, Operation, named};
use crate::problem::{Code, Problem};
use crate::view::{self, Nothing};

pub(super) const DECIDE: Operation = Operation {
    id: "decideNewestUpgrade",
    tag: "upgrades",
    summary: "Give the agent's verdict on a member's newest case",
    text: "As the verdict on one case, for the member's newest one. A late repetition may meet \
           a newer case, unless it has the same Idempotency-Key.",
    body: Some(named::<VerdictOnMember>),
    answers: &[Answer::data::<Nothing>(200, "The verdict and its order are recorded.")],
    refusals: &[
        Code::CustomerInfoNotFound,
        Code::UpgradeCaseNotFound,
        Code::UpgradeNotVerified,
        Code::UpgradeContradiction,
    ],
    ..Operation::EMPTY
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct VerdictOnMember {
    #[schema(schema_with = text_of::<MemberId>)]
    member_id: Field<MemberId>,
    /// Whether the agent passed the customer.
    is_pass: bool,
}

/// Answers once the verdict and the core-bank effect are durable.
pub(super) async fn decide(
    state: Data<AppState>,
    call: Call<VerdictOnMember>,
) -> Result<HttpResponse, Problem> {
    let service = state.upgrades.clone();
    let Call { act, keyed, body, .. } = call;
    let VerdictOnMember { member_id: Field(member), is_pass: passed } = body;
    let key = CaseKey::NewestOf(member);
    let decide = |by| async move { service.decide(key, passed, by).await };
    let answered =
        state.run_once_within(state.decision_timeout, ClientAct { act, keyed }, decide).await?;
    Ok(marked(answered.is_replayed, view::nothing()))
}
