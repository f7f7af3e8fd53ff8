//! Routes that register and read members.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use madoguchi_domain::actor::Scope;
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::member::{Account, ArrangementId, Member, MemberId, ProductName, Registered};
use serde::Serialize;

use crate::access::Access::With;
use crate::access::Entry;
use crate::app_state::AppState;
use crate::call::{Call, NoBody};
use crate::fields::{Fields, FromFields};
use crate::problem::{Code, Problem};
use crate::view;

pub(crate) const ROUTES: &[Entry] = &[
    Entry::post("/api/v1/members", With(Scope::MemberWrite), |it| it.to(register)),
    Entry::get("/api/v1/members/{memberId}", With(Scope::MemberRead), |it| it.to(read)),
];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MemberView<'a> {
    member_id: &'a str,
    arrangement_id: &'a str,
    product_name: &'a str,
    /// Empty if no level was ever recorded.
    level: &'a str,
    target_level: Option<&'a str>,
}

impl<'a> From<&'a Member> for MemberView<'a> {
    fn from(member: &'a Member) -> Self {
        Self {
            member_id: member.id.expose(),
            arrangement_id: member.account.arrangement.expose(),
            product_name: member.account.product.as_str(),
            level: member.level().map_or("", AccountLevel::as_str),
            target_level: member.target.as_ref().map(AccountLevel::as_str),
        }
    }
}

impl FromFields for Member {
    const KEYS: &'static [&'static str] = &["memberId", "arrangementId", "productName", "level"];

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        let id = fields.text("memberId", MemberId::parse)?;
        let arrangement = fields.text("arrangementId", ArrangementId::parse)?;
        let product = fields.optional_text("productName", ProductName::parse)?;
        let product = match product {
            Some(product) => product,
            None => ProductName::parse(ProductName::DEFAULT)?,
        };
        // On the wire, an empty level means none.
        let level = fields.optional_text("level", |text| match text {
            "" => Ok(None),
            text => AccountLevel::parse(text).map(Some),
        })?;
        Ok(Self::new(id, Account { arrangement, product }, level.flatten()))
    }
}

/// Registers a member: 201, or 200 if the same member is registered already.
async fn register(state: Data<AppState>, call: Call<Member>) -> Result<HttpResponse, Problem> {
    let Call { act, body: member } = call;
    if !member.account.arrangement.has_usual_form() {
        tracing::warn!(request = act.correlation.as_str(), "an arrangementId of unusual form");
    }
    let (service, asked) = (state.members.clone(), member.clone());
    let registered = state.run(async move { service.register(asked, &act).await }).await?;
    match registered {
        Registered::New => Ok(view::created(&MemberView::from(&member))),
        Registered::Same(member) => Ok(view::data(&MemberView::from(&*member))),
        Registered::Different => Err(Problem::of(Code::MemberConflict)),
    }
}

/// Reads a member.
async fn read(
    state: Data<AppState>,
    id: Path<String>,
    _: Call<NoBody>,
) -> Result<HttpResponse, Problem> {
    let id = MemberId::parse(&id)?;
    let service = state.members.clone();
    let member = state.run(async move { service.find(&id).await }).await?;
    let member = member.ok_or(Problem::of(Code::CustomerInfoNotFound))?;
    Ok(view::data(&MemberView::from(&member)))
}
