//! Routes of retention: completions, legal holds, what is unanswered and what was purged.

mod bodies;
mod document;
mod export;
mod listing;
mod view;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use madoguchi_application::RetentionService;
use madoguchi_domain::actor::Scope;
use madoguchi_domain::contact::ApplicationId;
use madoguchi_domain::idempotency::ClientAct;
use madoguchi_domain::retention::{HoldId, HoldQuery, LegalHold, PurgeReceipt};

use crate::access::Access::{self, With};
use crate::access::Entry;
use crate::app_state::{AppState, Lists};
use crate::body::NoFields;
use crate::call::{Call, NoBody};
use crate::csv_export;
use crate::cursor::{Cursors, PageRequest};
use crate::idempotency::marked;
use crate::lists::ListReader;
use crate::problem::{Code, Problem};
use crate::query::Query;
use crate::view as envelope;
use bodies::{CompleteApplication, PlaceHold};
use document as docs;
use view::{
    CompletionView, HoldView, PlacedHoldView, PurgeReceiptView, ReleasedHoldView, UnansweredView,
};

const HOLDS: &str = "/api/v1/holds";
const OPERATE: Access = With(Scope::Operator);

pub(crate) const ROUTES: &[Entry] = &[
    Entry::post(
        "/api/v1/applications/{applicationId}/completion",
        With(Scope::ApplicationWrite),
        |it| it.to(complete),
        docs::COMPLETE,
    ),
    Entry::get(
        "/api/v1/retention/unanswered",
        With(Scope::ContactRead),
        |it| it.to(unanswered),
        docs::UNANSWERED,
    ),
    Entry::get("/api/v1/retention/receipts", OPERATE, |it| it.to(receipts), docs::RECEIPTS),
    Entry::post(HOLDS, OPERATE, |it| it.to(place), docs::PLACE),
    Entry::get(HOLDS, OPERATE, |it| it.to(holds), docs::HOLDS),
    Entry::post("/api/v1/holds/{holdId}/release", OPERATE, |it| it.to(release), docs::RELEASE),
];

/// The service, unless personal data cannot be sealed here.
fn retention(state: &AppState) -> Result<RetentionService, Problem> {
    state.retention.clone().ok_or(Problem::of(Code::NotFound))
}

/// Records that an application completed.
async fn complete(
    state: Data<AppState>,
    path: Path<String>,
    call: Call<CompleteApplication>,
) -> Result<HttpResponse, Problem> {
    let (service, id) = (retention(&state)?, ApplicationId::parse(&path)?);
    let Call { act, keyed, body, .. } = call;
    let (application, at) = (id.clone(), body.completed_at.0.0);
    let complete = |by| async move { service.complete(&application, at, by).await };
    let answered = state.run_once(ClientAct { act, keyed }, complete).await?;
    let view = CompletionView::of(&id, &answered.value);
    Ok(marked(answered.is_replayed, envelope::data(&view)))
}

/// Places a legal hold, and says what is left of what it covers.
async fn place(state: Data<AppState>, call: Call<PlaceHold>) -> Result<HttpResponse, Problem> {
    let service = retention(&state)?;
    let Call { act, keyed, body, .. } = call;
    let command = body.command()?;
    let (covering, subject) = (service.clone(), command.subject.clone());
    let place = |by| async move { service.place(&command, by).await };
    let answered = state.run_once(ClientAct { act, keyed }, place).await?;
    let covered = state.run(async move { covering.covered(&subject).await }).await?;
    let view = PlacedHoldView::of(answered.value.id, covered);
    Ok(marked(answered.is_replayed, envelope::created(&view)))
}

/// Releases a legal hold.
async fn release(
    state: Data<AppState>,
    path: Path<String>,
    call: Call<NoFields>,
) -> Result<HttpResponse, Problem> {
    let (service, id) = (retention(&state)?, HoldId::parse(&path)?);
    let Call { act, keyed, body: NoFields {}, .. } = call;
    let release = |by| async move { service.release(id, by).await };
    let answered = state.run_once(ClientAct { act, keyed }, release).await?;
    let view = ReleasedHoldView::from(&answered.value);
    Ok(marked(answered.is_replayed, envelope::data(&view)))
}

/// Lists legal holds page by page.
async fn holds(
    state: Data<AppState>,
    request: HttpRequest,
    _: Call<NoBody>,
) -> Result<HttpResponse, Problem> {
    retention(&state)?;
    let mut query = Query::read(request.query_string(), listing::HOLDS)?;
    let secret = &state.idempotency.secret;
    let (cursors, PageRequest { after, limit }) = Cursors::take(secret, ("holds", ""), &mut query)?;
    let query = HoldQuery { filter: listing::holds(query)?, after, limit: limit + 1 };
    let reader = ListReader::new(&state);
    let read = move |lists: Lists| {
        let query = query.clone();
        async move { lists.retention()?.holds(&query).await }
    };
    let found = reader.read(read).await?;
    let (found, next) = cursors.page(found, limit, |last| Some(LegalHold::position(last)));
    Ok(reader.marked(envelope::page(found.iter().map(HoldView::from).collect(), next)))
}

/// Lists what is unanswered page by page, or all of it as CSV.
async fn unanswered(
    state: Data<AppState>,
    request: HttpRequest,
    _: Call<NoBody>,
) -> Result<HttpResponse, Problem> {
    retention(&state)?;
    let mut query = Query::read(request.query_string(), listing::UNANSWERED)?;
    let is_page = query.has("cursor") || query.has("limit");
    let secret = &state.idempotency.secret;
    let (cursors, PageRequest { after, limit }) =
        Cursors::take(secret, ("retention-unanswered", ""), &mut query)?;
    let mut query = listing::unanswered(query)?;
    if csv_export::is_wanted(&request) {
        csv_export::must_be_whole(&request, is_page)?;
        query.limit = csv_export::PAGE;
        return export::export(&state, query).await;
    }
    (query.after, query.limit) = (after, limit + 1);
    let reader = ListReader::new(&state);
    let found = export::read(&reader, &query).await?;
    let (found, next) = cursors.page(found, limit, |last| Some(export::position(last)));
    Ok(reader.marked(envelope::page(found.iter().map(UnansweredView::from).collect(), next)))
}

/// Lists receipts of purges page by page.
async fn receipts(
    state: Data<AppState>,
    request: HttpRequest,
    _: Call<NoBody>,
) -> Result<HttpResponse, Problem> {
    retention(&state)?;
    let mut query = Query::read(request.query_string(), listing::RECEIPTS)?;
    let secret = &state.idempotency.secret;
    let (cursors, PageRequest { after, limit }) =
        Cursors::take(secret, ("retention-receipts", ""), &mut query)?;
    let mut query = listing::receipts(query)?;
    (query.after, query.limit) = (after, limit + 1);
    let reader = ListReader::new(&state);
    let read = move |lists: Lists| {
        let query = query.clone();
        async move { lists.retention()?.receipts(&query).await }
    };
    let found = reader.read(read).await?;
    let (found, next) = cursors.page(found, limit, |last| Some(PurgeReceipt::position(last)));
    Ok(reader.marked(envelope::page(found.iter().map(PurgeReceiptView::from).collect(), next)))
}

#[cfg(test)]
mod tests;
