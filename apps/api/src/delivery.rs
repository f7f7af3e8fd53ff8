//! Routes of the delivery watch: list it, and report mails that came back.

mod document;
mod export;
mod listing;
mod view;

use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use madoguchi_domain::actor::Scope;
use madoguchi_domain::delivery::WatchQuery;
use madoguchi_domain::idempotency::ClientAct;

use crate::access::Access::With;
use crate::access::Entry;
use crate::app_state::AppState;
use crate::call::{Call, NoBody, RawMessage};
use crate::csv_export;
use crate::cursor::{Cursors, PageRequest};
use crate::idempotency::marked;
use crate::lists::ListReader;
use crate::problem::{Code, Problem};
use crate::query::Query;
use crate::view as envelope;
use crate::wiring::read_report;
use document as docs;
use view::{ReceiptView, WatchView};

pub(crate) const ROUTES: &[Entry] = &[
    Entry::get("/api/v1/delivery-watch", With(Scope::DeliveryRead), |it| it.to(list), docs::LIST),
    Entry::post("/api/v1/bounces", With(Scope::DeliveryWrite), |it| it.to(report), docs::REPORT),
];

/// Lists the delivery watch page by page, or all of it as CSV.
async fn list(
    state: Data<AppState>,
    request: HttpRequest,
    _: Call<NoBody>,
) -> Result<HttpResponse, Problem> {
    let mut query = Query::read(request.query_string(), listing::PARAMETERS)?;
    let is_page = query.has("cursor") || query.has("limit");
    let secret = &state.idempotency.secret;
    let (cursors, PageRequest { after, limit }) =
        Cursors::take(secret, ("delivery-watch", ""), &mut query)?;
    let filter = listing::filter(query)?;
    if csv_export::is_wanted(&request) {
        csv_export::must_be_whole(&request, is_page)?;
        let all = WatchQuery { filter, after: None, limit: csv_export::PAGE };
        return export::export(&state, all).await;
    }
    let query = WatchQuery { filter, after, limit: limit + 1 };
    let reader = ListReader::new(&state);
    let entries = reader
        .read(move |lists| {
            let query = query.clone();
            async move { lists.delivery.watch(&query).await }
        })
        .await?;
    let (entries, next) = cursors.page(entries, limit, |last| Some(last.position()));
    Ok(reader.marked(envelope::page(entries.iter().map(WatchView::from).collect(), next)))
}

/// Records what a delivery report says.
async fn report(state: Data<AppState>, call: Call<RawMessage>) -> Result<HttpResponse, Problem> {
    let Call { act, keyed, body: RawMessage(message), .. } = call;
    // A message of 1 MiB may take a while: other requests do not wait for it.
    let read = web::block(move || read_report(&message)).await;
    let report = read.map_err(|_| Problem::of(Code::Internal))?;
    let report = report
        .map_err(|why| Problem { code: Code::ReportUnreadable, message: why.to_string().into() })?;
    let service = state.delivery.clone();
    let report = |by| async move { service.report(&report, by).await };
    let answered = state.run_once(ClientAct { act, keyed }, report).await?;
    let view = ReceiptView::from(&answered.value);
    Ok(marked(answered.is_replayed, envelope::data(&view)))
}

#[cfg(test)]
mod tests;
