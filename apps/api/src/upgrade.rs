//! Routes of account upgrade: open, verify, decide, read, timeline, QR code.

mod bodies;
mod document;
mod source;
mod timeline_view;
mod view;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use madoguchi_application::{Answered, CaseView};
use madoguchi_domain::actor::Scope;
use madoguchi_domain::idempotency::ClientAct;
use madoguchi_domain::upgrade::{CaseId, CaseKey, CheckSource, GrantedCase};
use qrcode::QrCode;
use qrcode::render::svg;

use crate::access::Access::With;
use crate::access::Entry;
use crate::app_state::AppState;
use crate::body::Field;
use crate::call::{Call, NoBody};
use crate::idempotency::marked;
use crate::problem::{Code, Problem};
use crate::view::{created, data, list};
use bodies::{OpenUpgrade, ScannedVerification, VerdictOnCase, Verification};
use view::{CaseBody, CaseStateBody, OpenedBody};

/// Stands for the configured prefix of the source's path.
pub(crate) const SOURCE_PREFIX: &str = "<source>";
/// Begins with the prefix.
const SOURCE_PATH: &str = "<source>/IVRCheckUpgradeAccount";

pub(crate) const ROUTES: &[Entry] = &[
    Entry::post(
        SOURCE_PATH,
        With(Scope::UpgradeDecide),
        |it| it.to(source::decide),
        source::DECIDE,
    ),
    Entry::post("/api/v1/upgrades", With(Scope::UpgradeOpen), |it| it.to(open), document::OPEN),
    Entry::get(
        "/api/v1/upgrades/{caseId}",
        With(Scope::UpgradeRead),
        |it| it.to(read),
        document::READ,
    ),
    Entry::get(
        "/api/v1/upgrades/{caseId}/timeline",
        With(Scope::UpgradeRead),
        |it| it.to(timeline),
        document::TIMELINE,
    ),
    Entry::get(
        "/api/v1/upgrades/{caseId}/qr.svg",
        With(Scope::UpgradeOpen),
        |it| it.to(qr_picture),
        document::QR_PICTURE,
    ),
    Entry::post(
        "/api/v1/upgrades/{caseId}/verification",
        With(Scope::UpgradeVerify),
        |it| it.to(verify),
        document::VERIFY,
    ),
    Entry::post(
        "/api/v1/verifications",
        With(Scope::UpgradeVerify),
        |it| it.to(verify_scanned),
        document::VERIFY_SCANNED,
    ),
    Entry::post(
        "/api/v1/upgrades/{caseId}/verdict",
        With(Scope::UpgradeDecide),
        |it| it.to(decide),
        document::DECIDE,
    ),
];

/// Opens a case: 201, or 200 if one is open already.
async fn open(state: Data<AppState>, call: Call<OpenUpgrade>) -> Result<HttpResponse, Problem> {
    let Call { act, keyed, body: OpenUpgrade { member_id: Field(member) }, .. } = call;
    let service = state.upgrades.clone();
    let open = |by| async move { service.open(member, by).await };
    let answered =
        state.run_once_within(state.decision_timeout, ClientAct { act, keyed }, open).await?;
    let opened = answered.value;
    let body = OpenedBody::new(&opened, &state.qr_base_url);
    let response = if opened.case.opened { created(&body) } else { data(&body) };
    Ok(marked(answered.is_replayed, response))
}

/// Accepts a verification service's result for a case.
async fn verify(
    state: Data<AppState>,
    id: Path<String>,
    call: Call<Verification>,
) -> Result<HttpResponse, Problem> {
    let key = CaseKey::Id(CaseId::parse(&id)?);
    let Call { act, keyed, body, .. } = call;
    let Verification { source, is_pass: passed, reference } = body;
    let (service, check) = (state.upgrades.clone(), (source.0, reference.0));
    let client = ClientAct { act, keyed };
    let verify = |by| async move { service.verify(key, check, passed, by).await };
    state_of(state.run_once_within(state.decision_timeout, client, verify).await?)
}

/// Accepts the scan-code service's result for a scanned QR code.
async fn verify_scanned(
    state: Data<AppState>,
    call: Call<ScannedVerification>,
) -> Result<HttpResponse, Problem> {
    let Call { act, keyed, body, .. } = call;
    let ScannedVerification { qr_token, is_pass: passed, reference } = body;
    let key = CaseKey::Scanned(qr_token.0.hash());
    let (service, check) = (state.upgrades.clone(), (CheckSource::Edda, reference.0));
    let client = ClientAct { act, keyed };
    let verify = |by| async move { service.verify(key, check, passed, by).await };
    state_of(state.run_once_within(state.decision_timeout, client, verify).await?)
}

/// Accepts the agent's verdict on one case.
async fn decide(
    state: Data<AppState>,
    id: Path<String>,
    call: Call<VerdictOnCase>,
) -> Result<HttpResponse, Problem> {
    let key = CaseKey::Id(CaseId::parse(&id)?);
    let Call { act, keyed, body: VerdictOnCase { is_pass: passed }, .. } = call;
    let (service, client) = (state.upgrades.clone(), ClientAct { act, keyed });
    let decide = |by| async move { service.decide(key, passed, by).await };
    state_of(state.run_once_within(state.decision_timeout, client, decide).await?)
}

/// Answers with the case's state.
fn state_of(answered: Answered<GrantedCase>) -> Result<HttpResponse, Problem> {
    let GrantedCase { case, state, .. } = answered.value;
    Ok(marked(answered.is_replayed, data(&CaseStateBody::new(case, state))))
}

/// The case with this id.
async fn find(state: &AppState, id: &str) -> Result<CaseView, Problem> {
    let id = CaseId::parse(id)?;
    let service = state.upgrades.clone();
    state.run(async move { service.case(id).await }).await
}

/// Reads a case.
async fn read(
    state: Data<AppState>,
    id: Path<String>,
    _: Call<NoBody>,
) -> Result<HttpResponse, Problem> {
    Ok(data(&CaseBody::from(&find(&state, &id).await?)))
}

/// Reads a case's timeline.
async fn timeline(
    state: Data<AppState>,
    id: Path<String>,
    _: Call<NoBody>,
) -> Result<HttpResponse, Problem> {
    let id = CaseId::parse(&id)?;
    let service = state.upgrades.clone();
    let timeline = state.run(async move { service.timeline(id).await }).await?;
    Ok(list(timeline_view::entries(&timeline)))
}

/// Draws the QR code that is currently valid for a case.
async fn qr_picture(
    state: Data<AppState>,
    id: Path<String>,
    _: Call<NoBody>,
) -> Result<HttpResponse, Problem> {
    let view = find(&state, &id).await?;
    let token = state.upgrades.qr_token(&view.case).ok_or(Problem::of(Code::QrExpired))?;
    let content = view::qr_content(&state.qr_base_url, &token);
    let code = QrCode::new(content).map_err(|_| Problem::of(Code::Internal))?;
    let picture = code.render::<svg::Color<'_>>().min_dimensions(240, 240).build();
    Ok(HttpResponse::Ok().content_type("image/svg+xml").body(picture))
}
