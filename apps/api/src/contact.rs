//! Routes of contacts: staff write, approve and list them, customers read and answer them.

mod bodies;
mod document;
mod export;
mod fields;
mod history;
mod listing;
mod mail_view;
mod message;
mod outcome;
mod view;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use madoguchi_application::{ContactAct, ContactService};
use madoguchi_domain::act::Act;
use madoguchi_domain::actor::Scope;
use madoguchi_domain::announcement::ShownQuery;
use madoguchi_domain::contact::{ContactId, ContactKey, ContactQuery, WrittenContact};
use madoguchi_domain::idempotency::ClientAct;
use madoguchi_domain::person::PersonId;
use madoguchi_domain::principal::Principal;

use crate::access::Access::{self, AnyOf, With};
use crate::access::Entry;
use crate::app_state::AppState;
use crate::body::Field;
use crate::call::{Call, NoBody, require};
use crate::csv_export;
use crate::cursor::{Cursors, PageRequest};
use crate::idempotency::marked;
use crate::lists::ListReader;
use crate::precondition::{etag, if_match};
use crate::problem::{Code, Problem};
use crate::query::Query;
use crate::view as envelope;
use bodies::{AddContact, AnswerContact, ApprovalItem, ScopedAct, UpdateContact};
use document as docs;
use history::VersionView;
use outcome::{OutcomeView, WrittenView};
use view::{ContactView, Viewer};

pub(crate) const ROUTES: &[Entry] = &[
    Entry::post(ALL, WRITE, |it| it.to(add), docs::ADD),
    Entry::get(ALL, READ, |it| it.to(list), docs::LIST),
    Entry::post(
        "/api/v1/contacts/approvals",
        With(Scope::ContactApprove),
        |it| it.to(approve),
        docs::APPROVE,
    ),
    Entry::get(ONE, READ, |it| it.to(read), docs::READ),
    Entry::put(ONE, BY_ACT, |it| it.to(update), docs::UPDATE),
    Entry::delete(ONE, WRITE, |it| it.to(delete), docs::DELETE),
    Entry::get("/api/v1/contacts/{contactId}/history", READ, |it| it.to(history_of), docs::HISTORY),
    Entry::post("/api/v1/contacts/{contactId}/answer", CUSTOMER, |it| it.to(answer), docs::ANSWER),
    Entry::get(
        "/api/v1/persons/{personId}/messages",
        CUSTOMER,
        |it| it.to(messages),
        docs::MESSAGES,
    ),
];

const ALL: &str = "/api/v1/contacts";
const ONE: &str = "/api/v1/contacts/{contactId}";
const READ: Access = With(Scope::ContactRead);
const WRITE: Access = With(Scope::ContactWrite);
const BY_ACT: Access = AnyOf(&[Scope::ContactWrite, Scope::ContactRespond, Scope::ContactApprove]);
const CUSTOMER: Access = AnyOf(&[Scope::ContactAnswer, Scope::ContactAnswerAny]);

/// The service, unless personal data cannot be sealed here.
fn contacts(state: &AppState) -> Result<ContactService, Problem> {
    let contacts = state.contacts.as_ref().ok_or(Problem::of(Code::NotFound))?;
    Ok(contacts.service.clone())
}

/// Adds a contact.
async fn add(state: Data<AppState>, call: Call<AddContact>) -> Result<HttpResponse, Problem> {
    let service = contacts(&state)?;
    let Call { act, keyed, body, principal } = call;
    let (whom, content) = body.contact(principal.who.kind)?;
    let content = service.policy().check(content)?;
    let add = |by| async move { service.add(whom, content, by).await };
    let answered = state.run_once(ClientAct { act, keyed }, add).await?;
    let response = written(HttpResponse::Created(), &answered.value);
    Ok(marked(answered.is_replayed, response))
}

/// The answer of a call that wrote a contact.
fn written(mut response: HttpResponseBuilder, contact: &WrittenContact) -> HttpResponse {
    response.insert_header(etag(contact.version));
    envelope::with_result(&mut response, &WrittenView { contact_id: contact.id.to_string() })
}

/// Changes the content of a contact, approves or rejects it, or marks it as answered by phone.
async fn update(
    state: Data<AppState>,
    request: HttpRequest,
    id: Path<String>,
    call: Call<UpdateContact>,
) -> Result<HttpResponse, Problem> {
    let Call { act, body, principal, .. } = call;
    let ScopedAct { command, scope } = body.act(principal.who.kind)?;
    if let ContactAct::Edit(edit) = &command
        && let Some(Some(link)) = &edit.link
    {
        contacts(&state)?.policy().check_link(link)?;
    }
    require(&principal, scope)?;
    let contact = change(&state, &request, &id, command, act).await?;
    Ok(written(HttpResponse::Ok(), &contact))
}

/// Deletes a contact, logically.
async fn delete(
    state: Data<AppState>,
    request: HttpRequest,
    id: Path<String>,
    call: Call<NoBody>,
) -> Result<HttpResponse, Problem> {
    let contact = change(&state, &request, &id, ContactAct::Delete, call.act).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header(etag(contact.version));
    Ok(envelope::with_result(&mut response, &envelope::Nothing {}))
}

/// Does this on the version that the request names.
async fn change(
    state: &AppState,
    request: &HttpRequest,
    id: &str,
    command: ContactAct,
    act: Act,
) -> Result<WrittenContact, Problem> {
    let service = contacts(state)?;
    let (if_match, id) = (if_match(request.headers())?, known(id)?);
    state.run(async move { service.update(id, &command, &if_match, &act).await }).await
}

/// The id in a path: any other text names no contact.
fn known(id: &str) -> Result<ContactId, Problem> {
    ContactId::parse(id).map_err(|_| Problem::of(Code::ContactNotFound))
}

/// Approves several contacts; each has its own outcome.
async fn approve(
    state: Data<AppState>,
    call: Call<Vec<ApprovalItem>>,
) -> Result<HttpResponse, Problem> {
    let service = contacts(&state)?;
    let Call { act, keyed, body, .. } = call;
    let (ids, shown) = bodies::shown(body)?;
    let approve = |by| async move { service.approve(&shown, by).await };
    let answered = state.run_once(ClientAct { act, keyed }, approve).await?;
    let outcomes: Vec<_> =
        ids.iter().filter_map(|id| OutcomeView::of(*id, &answered.value)).collect();
    Ok(marked(answered.is_replayed, envelope::results(outcomes, None)))
}

/// Reads a contact.
async fn read(
    state: Data<AppState>,
    id: Path<String>,
    call: Call<NoBody>,
) -> Result<HttpResponse, Problem> {
    let (service, id) = (contacts(&state)?, known(&id)?);
    let reading = service.clone();
    let contact = state.run(async move { reading.read(id).await }).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header(etag(contact.version));
    let view = ContactView::of(&contact, &viewer(&service, &call));
    Ok(envelope::with_result(&mut response, &view))
}

/// Who reads contacts, and when.
fn viewer<'a>(service: &'a ContactService, call: &'a Call<NoBody>) -> Viewer<'a> {
    Viewer { principal: &call.principal, policy: service.policy(), now: call.act.at() }
}

/// Reads every event of a contact, with old and new values.
async fn history_of(
    state: Data<AppState>,
    id: Path<String>,
    _: Call<NoBody>,
) -> Result<HttpResponse, Problem> {
    let (service, id) = (contacts(&state)?, known(&id)?);
    let versions = state.run(async move { service.history(id).await }).await?;
    Ok(envelope::results(VersionView::all(&versions), None))
}

/// Lists contacts page by page, or all of them as CSV.
async fn list(
    state: Data<AppState>,
    request: HttpRequest,
    call: Call<NoBody>,
) -> Result<HttpResponse, Problem> {
    let service = contacts(&state)?;
    let mut query = Query::read(request.query_string(), listing::PARAMETERS)?;
    let is_page = query.has("cursor") || query.has("limit");
    let secret = &state.idempotency.secret;
    let (cursors, PageRequest { after, limit }) =
        Cursors::take(secret, ("contacts", ""), &mut query)?;
    let (filter, order) = listing::filter(query, service.policy(), call.act.at())?;
    if csv_export::is_wanted(&request) {
        csv_export::must_be_whole(&request, is_page)?;
        let all = ContactQuery { filter, order, after: None, limit: csv_export::PAGE };
        return export::export(&state, all).await;
    }
    let query = ContactQuery { filter, order, after, limit: limit + 1 };
    let reader = ListReader::new(&state);
    let contacts = reader
        .read(move |lists| {
            let query = query.clone();
            async move { lists.contacts()?.list(&query).await }
        })
        .await?;
    let (contacts, next) = cursors.page(contacts, limit, |last| order.position(last));
    let viewer = viewer(&service, &call);
    let views = contacts.iter().map(|contact| ContactView::of(contact, &viewer)).collect();
    Ok(reader.marked(envelope::results(views, next)))
}

/// The person whose messages this caller may read and answer; `None` for any.
fn customer(principal: &Principal) -> Result<Option<PersonId>, Problem> {
    if principal.may(Scope::ContactAnswerAny) {
        return Ok(None);
    }
    let own = principal.person.clone().map(Some);
    own.ok_or(Problem::of(Code::ContactNotFound))
}

/// Records the customer's answer.
async fn answer(
    state: Data<AppState>,
    id: Path<String>,
    call: Call<AnswerContact>,
) -> Result<HttpResponse, Problem> {
    let service = contacts(&state)?;
    let Call { act, keyed, body: AnswerContact { answer: Field(text) }, principal } = call;
    let key = ContactKey { id: known(&id)?, person: customer(&principal)? };
    let answer = |by| async move { service.answer(&key, text, by).await };
    let answered = state.run_once(ClientAct { act, keyed }, answer).await?;
    Ok(marked(answered.is_replayed, written(HttpResponse::Ok(), &answered.value)))
}

/// Lists what a person sees: the contacts that are visible now.
async fn messages(
    state: Data<AppState>,
    request: HttpRequest,
    id: Path<String>,
    call: Call<NoBody>,
) -> Result<HttpResponse, Problem> {
    let service = contacts(&state)?;
    let unknown = || Problem::of(Code::PersonNotFound);
    let person = PersonId::parse(&id).map_err(|_| unknown())?;
    let own = customer(&call.principal).map_err(|_| unknown())?;
    if own.is_some_and(|own| own != person) {
        return Err(unknown());
    }
    let mut query = Query::read(request.query_string(), &["cursor", "limit"])?;
    let (secret, list) = (&state.idempotency.secret, ("messages", person.expose()));
    let (cursors, PageRequest { after, limit }) = Cursors::take(secret, list, &mut query)?;
    let (now, limit_and_one) = (call.act.at(), limit + 1);
    let announcements = state.contacts.as_ref().map(|it| it.announcements.clone());
    let read = async move {
        let contacts = service.messages(&person, now, (after, limit_and_one)).await?;
        let query = ShownQuery { person, id: None, now, after, limit: limit_and_one };
        let shown = match announcements {
            Some(service) => service.shown(&query).await?,
            None => Vec::new(),
        };
        Ok((contacts, shown))
    };
    let (contacts, shown) = state.run(read).await?;
    let (entries, last) = message::merged(&contacts, &shown, limit);
    Ok(envelope::results(entries, last.map(|position| cursors.seal(position))))
}

#[cfg(test)]
mod tests;
