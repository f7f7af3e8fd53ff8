//! Routes of operators: see effects of every kind, and resolve those that are stuck.

mod bodies;
mod document;
mod listing;
mod resolution_view;
mod timeline;
mod view;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use madoguchi_application::{Answered, ResolutionService};
use madoguchi_domain::Timestamp;
use madoguchi_domain::actor::Scope;
use madoguchi_domain::effect::{EffectId, EffectKey, EffectKind, EffectQuery, FoundEffect};
use madoguchi_domain::idempotency::ClientAct;
use madoguchi_domain::page::ListPosition;
use madoguchi_domain::resolution::{
    Resolution, ResolutionQuery, ResolutionRefusal, WrittenResolution,
};
use uuid::Uuid;

use crate::access::Access::{self, With};
use crate::access::Entry;
use crate::app_state::AppState;
use crate::body::NoFields;
use crate::call::{Call, NoBody};
use crate::cursor::{Cursors, PageRequest};
use crate::idempotency::marked;
use crate::lists::ListReader;
use crate::problem::{Code, Problem};
use crate::query::Query;
use crate::view as envelope;
use bodies::{ApproveResolution, ProposeResolution};
use document as docs;
use resolution_view::{ResolutionView, WrittenResolutionView};
pub(crate) use timeline::EffectEntryBody;
pub(crate) use view::effect_states;
use view::{EffectDetail, EffectView};

pub(crate) const ROUTES: &[Entry] = &[
    Entry::get("/api/v1/effects", OPERATOR, |it| it.to(list), docs::LIST),
    Entry::get("/api/v1/effects/{kind}/{effectId}", OPERATOR, |it| it.to(read), docs::READ),
    Entry::post(
        "/api/v1/effects/{kind}/{effectId}/resolution",
        OPERATOR,
        |it| it.to(propose),
        docs::PROPOSE,
    ),
    Entry::post(
        "/api/v1/effects/{kind}/{effectId}/resolution/approval",
        OPERATOR,
        |it| it.to(approve),
        docs::APPROVE,
    ),
    Entry::post(
        "/api/v1/effects/{kind}/{effectId}/resolution/withdrawal",
        OPERATOR,
        |it| it.to(withdraw),
        docs::WITHDRAW,
    ),
    Entry::get("/api/v1/resolutions", OPERATOR, |it| it.to(list_resolutions), docs::RESOLUTIONS),
];

const OPERATOR: Access = With(Scope::Operator);

/// The service, unless reasons and evidence cannot be sealed here.
fn resolutions(state: &AppState) -> Result<ResolutionService, Problem> {
    state.resolutions.clone().ok_or(Problem::of(Code::NotFound))
}

/// The key in a path: any other text names no effect.
fn key((kind, id): (String, String)) -> Result<EffectKey, Problem> {
    let unknown = || Problem::of(Code::EffectNotFound);
    let id = Uuid::try_parse(&id).ok().filter(|_| id.len() == 36).ok_or_else(unknown)?;
    let kind = EffectKind::parse(&kind).map_err(|_| unknown())?;
    Ok(EffectKey { kind, id: EffectId(id) })
}

/// Lists effects page by page.
async fn list(
    state: Data<AppState>,
    request: HttpRequest,
    _: Call<NoBody>,
) -> Result<HttpResponse, Problem> {
    let mut query = Query::read(request.query_string(), listing::EFFECTS)?;
    let secret = &state.idempotency.secret;
    let (cursors, PageRequest { after, limit }) =
        Cursors::take(secret, ("effects", ""), &mut query)?;
    let filter = listing::effects(query)?;
    let after = after.map(|position| position.id);
    let query = EffectQuery { filter, after, limit: limit + 1 };
    let reader = ListReader::new(&state);
    let found = reader
        .read(move |lists| {
            let query = query.clone();
            async move { Ok(lists.effects.list(&query).await?) }
        })
        .await?;
    // Ids carry their time, so the position needs no other one.
    let position = |id| ListPosition { at: Timestamp::UNIX_EPOCH, id };
    let (found, next) = cursors.page(found, limit, |last| Some(position(last.key.id.0)));
    let views = found.iter().map(EffectView::from).collect();
    Ok(reader.marked(envelope::page(views, next)))
}

/// Reads an effect with its timeline and its open resolution.
async fn read(
    state: Data<AppState>,
    path: Path<(String, String)>,
    call: Call<NoBody>,
) -> Result<HttpResponse, Problem> {
    let key = key(path.into_inner())?;
    let (effects, service) = (state.effects.clone(), state.resolutions.clone());
    let read = async move {
        match service {
            Some(service) => service.read(&key).await,
            // Without a key ring there are no resolutions.
            None => {
                let found = effects.find(&key).await?.ok_or(ResolutionRefusal::EffectNotFound)?;
                Ok((found, Vec::new()))
            }
        }
    };
    let (found, resolutions): (FoundEffect, Vec<Resolution>) = state.run(read).await?;
    Ok(envelope::data(&EffectDetail::of(&found, &resolutions, call.act.at())))
}

/// Proposes an outcome.
async fn propose(
    state: Data<AppState>,
    path: Path<(String, String)>,
    call: Call<ProposeResolution>,
) -> Result<HttpResponse, Problem> {
    let (service, key) = (resolutions(&state)?, key(path.into_inner())?);
    let Call { act, keyed, body, .. } = call;
    let proposal = body.proposal();
    let propose = |by| async move { service.propose(&key, proposal, by).await };
    written(state.run_once(ClientAct { act, keyed }, propose).await?, envelope::created)
}

/// Approves the open proposal as it was read.
async fn approve(
    state: Data<AppState>,
    path: Path<(String, String)>,
    call: Call<ApproveResolution>,
) -> Result<HttpResponse, Problem> {
    let (service, key) = (resolutions(&state)?, key(path.into_inner())?);
    let Call { act, keyed, body, .. } = call;
    let seen = body.content_hash.0;
    let approve = |by| async move { service.approve(&key, seen, by).await };
    written(state.run_once(ClientAct { act, keyed }, approve).await?, envelope::data)
}

/// Withdraws the open proposal.
async fn withdraw(
    state: Data<AppState>,
    path: Path<(String, String)>,
    call: Call<NoFields>,
) -> Result<HttpResponse, Problem> {
    let (service, key) = (resolutions(&state)?, key(path.into_inner())?);
    let Call { act, keyed, body: NoFields {}, .. } = call;
    let withdraw = |by| async move { service.withdraw(&key, by).await };
    written(state.run_once(ClientAct { act, keyed }, withdraw).await?, envelope::data)
}

fn written(
    answered: Answered<WrittenResolution>,
    response: fn(&WrittenResolutionView) -> HttpResponse,
) -> Result<HttpResponse, Problem> {
    let view = WrittenResolutionView::from(&answered.value);
    Ok(marked(answered.is_replayed, response(&view)))
}

/// Lists resolutions page by page.
async fn list_resolutions(
    state: Data<AppState>,
    request: HttpRequest,
    _: Call<NoBody>,
) -> Result<HttpResponse, Problem> {
    resolutions(&state)?;
    let mut query = Query::read(request.query_string(), listing::RESOLUTIONS)?;
    let secret = &state.idempotency.secret;
    let (cursors, PageRequest { after, limit }) =
        Cursors::take(secret, ("resolutions", ""), &mut query)?;
    let filter = listing::resolutions(query)?;
    let query = ResolutionQuery { filter, after, limit: limit + 1 };
    let reader = ListReader::new(&state);
    let found = reader
        .read(move |lists| {
            let query = query.clone();
            async move { lists.resolutions()?.list(&query).await }
        })
        .await?;
    let (found, next) = cursors.page(found, limit, |last| Some(last.facts.position()));
    let views = found.iter().map(ResolutionView::from).collect();
    Ok(reader.marked(envelope::page(views, next)))
}

#[cfg(test)]
mod tests;
