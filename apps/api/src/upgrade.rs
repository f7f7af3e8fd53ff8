//! Routes of account upgrade: open, verify, decide, read, timeline, QR code.

mod source;
mod timeline_view;
mod view;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use madoguchi_application::CaseView;
use madoguchi_domain::actor::Scope;
use madoguchi_domain::member::MemberId;
use madoguchi_domain::upgrade::{
    CaseId, CaseKey, CheckReference, CheckSource, QrToken, QrTokenHash,
};
use qrcode::QrCode;
use qrcode::render::svg;

use crate::access::Access::With;
use crate::access::Entry;
use crate::app_state::AppState;
use crate::call::{Call, NoBody};
use crate::fields::{Fields, FromFields};
use crate::problem::{Code, Problem};
use crate::view::{created, data, list};
use view::{CaseBody, CaseStateBody, OpenedBody};

/// Stands for the configured prefix of the source's path.
pub(crate) const SOURCE_PREFIX: &str = "<source>";
/// Begins with the prefix.
const SOURCE_PATH: &str = "<source>/IVRCheckUpgradeAccount";

pub(crate) const ROUTES: &[Entry] = &[
    Entry::post(SOURCE_PATH, With(Scope::UpgradeDecide), |it| it.to(source::decide)),
    Entry::post("/api/v1/upgrades", With(Scope::UpgradeOpen), |it| it.to(open)),
    Entry::get("/api/v1/upgrades/{caseId}", With(Scope::UpgradeRead), |it| it.to(read)),
    Entry::get("/api/v1/upgrades/{caseId}/timeline", With(Scope::UpgradeRead), |it| {
        it.to(timeline)
    }),
    Entry::get("/api/v1/upgrades/{caseId}/qr.svg", With(Scope::UpgradeOpen), |it| {
        it.to(qr_picture)
    }),
    Entry::post("/api/v1/upgrades/{caseId}/verification", With(Scope::UpgradeVerify), |it| {
        it.to(verify)
    }),
    Entry::post("/api/v1/verifications", With(Scope::UpgradeVerify), |it| it.to(verify_scanned)),
    Entry::post("/api/v1/upgrades/{caseId}/verdict", With(Scope::UpgradeDecide), |it| {
        it.to(decide)
    }),
];

impl FromFields for MemberId {
    const KEYS: &'static [&'static str] = &["memberId"];

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        fields.text("memberId", Self::parse)
    }
}

/// Opens a case: 201, or 200 if one is open already.
async fn open(state: Data<AppState>, call: Call<MemberId>) -> Result<HttpResponse, Problem> {
    let Call { act, body: member } = call;
    let service = state.upgrades.clone();
    let opened = state.run(async move { service.open(member, act).await }).await?;
    let body = OpenedBody::new(&opened, &state.qr_base_url);
    Ok(if opened.new { created(&body) } else { data(&body) })
}

/// `{"source":"EDDA"|"VA","isPass":bool,"reference":string}`.
#[derive(Debug)]
struct Verification {
    check: (CheckSource, CheckReference),
    passed: bool,
}

impl FromFields for Verification {
    const KEYS: &'static [&'static str] = &["source", "isPass", "reference"];

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        let source = fields.text("source", CheckSource::parse)?;
        let reference = fields.text("reference", CheckReference::parse)?;
        Ok(Self { check: (source, reference), passed: fields.boolean("isPass")? })
    }
}

/// Accepts a verification service's result for a case.
async fn verify(
    state: Data<AppState>,
    id: Path<String>,
    call: Call<Verification>,
) -> Result<HttpResponse, Problem> {
    let key = CaseKey::Id(CaseId::parse(&id)?);
    let Call { act, body: Verification { check, passed } } = call;
    let service = state.upgrades.clone();
    let work = async move { service.verify(key, check, passed, act).await };
    let standing = state.run(work).await?;
    Ok(data(&CaseStateBody::from(&standing.case)))
}

/// `{"qrToken":string,"isPass":bool,"reference":string}`.
#[derive(Debug)]
struct ScannedVerification {
    qr: QrTokenHash,
    reference: CheckReference,
    passed: bool,
}

impl FromFields for ScannedVerification {
    const KEYS: &'static [&'static str] = &["qrToken", "isPass", "reference"];

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        let qr = fields.text("qrToken", QrToken::parse)?.hash();
        let reference = fields.text("reference", CheckReference::parse)?;
        Ok(Self { qr, reference, passed: fields.boolean("isPass")? })
    }
}

/// Accepts the scan-code service's result for a scanned QR code.
async fn verify_scanned(
    state: Data<AppState>,
    call: Call<ScannedVerification>,
) -> Result<HttpResponse, Problem> {
    let Call { act, body: ScannedVerification { qr, reference, passed } } = call;
    let (key, check) = (CaseKey::Scanned(qr), (CheckSource::Edda, reference));
    let service = state.upgrades.clone();
    let work = async move { service.verify(key, check, passed, act).await };
    let standing = state.run(work).await?;
    Ok(data(&CaseStateBody::from(&standing.case)))
}

/// `{"isPass":bool}`.
#[derive(Debug)]
struct VerdictOnCase(bool);

impl FromFields for VerdictOnCase {
    const KEYS: &'static [&'static str] = &["isPass"];

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        fields.boolean("isPass").map(Self)
    }
}

/// Accepts the agent's verdict on one case.
async fn decide(
    state: Data<AppState>,
    id: Path<String>,
    call: Call<VerdictOnCase>,
) -> Result<HttpResponse, Problem> {
    let key = CaseKey::Id(CaseId::parse(&id)?);
    let Call { act, body: VerdictOnCase(passed) } = call;
    let service = state.upgrades.clone();
    let work = async move { service.decide(key, passed, act).await };
    let standing = state.run(work).await?;
    Ok(data(&CaseStateBody::from(&standing.case)))
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
    Ok(HttpResponse::Ok()
        .content_type("image/svg+xml")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(picture))
}
