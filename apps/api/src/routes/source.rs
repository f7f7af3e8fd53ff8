//! The endpoint of the source: the agent's desktop tells the verdict by member.

use actix_web::HttpResponse;
use actix_web::web::Data;
use madoguchi_domain::member::MemberId;
use madoguchi_domain::upgrade::CaseKey;

use super::view;
use crate::call::Call;
use crate::fields::{Fields, FromFields};
use crate::front::Front;
use crate::problem::Problem;

/// `{"memberId": string, "isPass": bool}`.
#[derive(Debug)]
pub(crate) struct VerdictOnMember {
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

/// Answers once the verdict and the duty to tell the core bank are durable.
pub(crate) async fn decide(
    front: Data<Front>,
    call: Call<VerdictOnMember>,
) -> Result<HttpResponse, Problem> {
    let desk = front.upgrades.clone();
    let Call { by, correlation, body: VerdictOnMember { member, passed } } = call;
    let key = CaseKey::NewestOf(member);
    front.run(async move { desk.decide(key, passed, by, correlation).await }).await?;
    Ok(view::nothing())
}
