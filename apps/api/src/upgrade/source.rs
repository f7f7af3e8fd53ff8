//! The source's endpoint: the agent's desktop sends the verdict for a member.

use actix_web::HttpResponse;
use actix_web::web::Data;
use madoguchi_domain::member::MemberId;
use madoguchi_domain::upgrade::CaseKey;

use crate::app_state::AppState;
use crate::call::Call;
use crate::fields::{Fields, FromFields};
use crate::problem::Problem;
use crate::view;

/// `{"memberId": string, "isPass": bool}`.
#[derive(Debug)]
pub(super) struct VerdictOnMember {
    member: MemberId,
    passed: bool,
}

impl FromFields for VerdictOnMember {
    const KEYS: &'static [&'static str] = &["memberId", "isPass"];

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        let member = fields.text("memberId", MemberId::parse)?;
        Ok(Self { member, passed: fields.boolean("isPass")? })
    }
}

/// Answers once the verdict and the core-bank effect are durable.
pub(super) async fn decide(
    state: Data<AppState>,
    call: Call<VerdictOnMember>,
) -> Result<HttpResponse, Problem> {
    let service = state.upgrades.clone();
    let Call { act, body: VerdictOnMember { member, passed } } = call;
    let key = CaseKey::NewestOf(member);
    state.run(async move { service.decide(key, passed, act).await }).await?;
    Ok(view::nothing())
}
