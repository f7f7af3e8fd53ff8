//! Routes that register and read members.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use madoguchi_domain::actor::Scope;
use madoguchi_domain::field::InvalidField;
use madoguchi_domain::idempotency::ClientAct;
use madoguchi_domain::level::{AccountLevel, LevelSource};
use madoguchi_domain::member::{Account, ArrangementId, Member, MemberId, ProductName};
use madoguchi_domain::registered::Registered;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::access::Access::With;
use crate::access::Entry;
use crate::app_state::AppState;
use crate::body::{Field, bounded, field_values, one_of, plain, text_of, text_or_null, visible};
use crate::call::{Call, NoBody};
use crate::idempotency::marked;
use crate::operation::{Answer, Link, Operation, Parameter, Place, named};
use crate::problem::{Code, Problem};
use crate::view;

pub(crate) const ROUTES: &[Entry] = &[
    Entry::post(
        "/api/v1/members",
        With(Scope::MemberWrite),
        |it| it.to(register),
        Operation {
            id: "registerMember",
            tag: "members",
            summary: "Register a member",
            text: "Repeating the same registration is safe and answers 200; other data under a \
                   known id is refused.",
            body: Some(named::<RegisterMember>),
            answers: &[
                Answer::data::<MemberView<'_>>(201, "The member is registered now.").linked(&OF_IT),
                Answer::data::<MemberView<'_>>(200, "The member was registered before."),
            ],
            refusals: &[Code::MemberConflict],
            ..Operation::EMPTY
        },
    ),
    Entry::get(
        "/api/v1/members/{memberId}",
        With(Scope::MemberRead),
        |it| it.to(read),
        Operation {
            id: "readMember",
            tag: "members",
            summary: "Read a member",
            parameters: &[MEMBER_ID],
            answers: &[Answer::data::<MemberView<'_>>(200, "The member.")],
            refusals: &[Code::CustomerInfoNotFound],
            ..Operation::EMPTY
        },
    ),
];

/// The operation on the member that an answer names.
const OF_IT: [Link; 1] = [Link { to: "readMember", parameter: "memberId", from: "/data/memberId" }];

const MEMBER_ID: Parameter = Parameter {
    name: "memberId",
    place: Place::Path,
    text: "The bank's id of the member.",
    schema: text_of::<MemberId>,
};

field_values! {
    /// The bank's id of a member.
    MemberId: plain(1, 64);
    /// The core bank's id of the account (`ArrngId`).
    ArrangementId: bounded(1, 36).pattern(Some("^[0-9A-Z]*$"));
    /// The core bank's name of the product; `AC.DIGITAL.SAV` if it is not given.
    ProductName: visible(1, 64);
    /// An account level; empty or absent if there is none.
    LevelOrNone: bounded(0, 8).pattern(Some("^[0-9A-Za-z]*$"));
}

/// A level that may be empty, which means none.
#[derive(Debug)]
struct LevelOrNone(Option<AccountLevel>);

impl LevelOrNone {
    fn parse(text: &str) -> Result<Self, InvalidField> {
        let level = (!text.is_empty()).then(|| AccountLevel::parse(text));
        level.transpose().map(Self)
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RegisterMember {
    #[schema(schema_with = text_of::<MemberId>)]
    member_id: Field<MemberId>,
    #[schema(schema_with = text_of::<ArrangementId>)]
    arrangement_id: Field<ArrangementId>,
    #[schema(schema_with = text_or_null::<ProductName>)]
    product_name: Option<Field<ProductName>>,
    #[schema(schema_with = text_or_null::<LevelOrNone>)]
    level: Option<Field<LevelOrNone>>,
}

impl RegisterMember {
    fn member(self) -> Result<Member, InvalidField> {
        let product = match self.product_name {
            Some(Field(product)) => product,
            None => ProductName::parse(ProductName::DEFAULT)?,
        };
        let account = Account { arrangement: self.arrangement_id.0, product };
        let level = self.level.and_then(|Field(LevelOrNone(level))| level);
        Ok(Member::new(self.member_id.0, account, level))
    }
}

pub(crate) fn level_sources() -> RefOr<Schema> {
    one_of(LevelSource::ALL.map(LevelSource::as_str)).into()
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Member)]
struct MemberView<'a> {
    #[schema(schema_with = text_of::<MemberId>)]
    member_id: &'a str,
    #[schema(schema_with = text_of::<ArrangementId>)]
    arrangement_id: &'a str,
    #[schema(schema_with = text_of::<ProductName>)]
    product_name: &'a str,
    #[schema(schema_with = text_of::<LevelOrNone>)]
    level: &'a str,
    /// Where the level comes from.
    #[schema(schema_with = level_sources)]
    level_source: &'static str,
    /// The level of a passed verdict that the core bank has not confirmed yet.
    #[schema(required)]
    target_level: Option<&'a str>,
}

impl<'a> From<&'a Member> for MemberView<'a> {
    fn from(member: &'a Member) -> Self {
        Self {
            member_id: member.id.expose(),
            arrangement_id: member.account.arrangement.expose(),
            product_name: member.account.product.as_str(),
            level: member.level().map_or("", AccountLevel::as_str),
            level_source: member.level_source().as_str(),
            target_level: member.target.as_ref().map(AccountLevel::as_str),
        }
    }
}

/// Registers a member: 201, or 200 if the same member is registered already.
async fn register(
    state: Data<AppState>,
    call: Call<RegisterMember>,
) -> Result<HttpResponse, Problem> {
    let Call { act, keyed, body, .. } = call;
    let member = body.member()?;
    if !member.account.arrangement.has_usual_form() {
        tracing::warn!(request = act.correlation.as_str(), "an arrangementId of unusual form");
    }
    let (service, asked) = (state.members.clone(), member.clone());
    let register = |by| async move { service.register(asked, by).await };
    let answered = state.run_once(ClientAct { act, keyed }, register).await?;
    let response = match answered.value {
        Registered::New => view::created(&MemberView::from(&member)),
        Registered::Same(member) => view::data(&MemberView::from(&*member)),
        Registered::Different => return Err(Problem::of(Code::MemberConflict)),
    };
    Ok(marked(answered.is_replayed, response))
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
