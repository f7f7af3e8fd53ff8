//! Routes of announcements: staff write, submit, approve, release and stop them, recipients read
//! them.

mod bodies;
mod document;
mod view;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use madoguchi_application::{AnnouncementAct, AnnouncementService, Answered};
use madoguchi_domain::actor::Scope;
use madoguchi_domain::announcement::{
    AnnouncementId, AnnouncementQuery, AnnouncementStateName, WrittenAnnouncement,
};
use madoguchi_domain::idempotency::ClientAct;
use madoguchi_domain::person::PersonId;
use madoguchi_domain::principal::Principal;

use crate::access::Access::{self, AnyOf, With};
use crate::access::Entry;
use crate::app_state::AppState;
use crate::body::{NoFields, value};
use crate::call::{Call, NoBody};
use crate::cursor::{Cursors, PageRequest};
use crate::idempotency::marked;
use crate::lists::ListReader;
use crate::precondition::{etag, if_match};
use crate::problem::{Code, Problem};
use crate::query::Query;
use crate::view as envelope;
use bodies::{
    AddAnnouncement, ApproveAnnouncement, MarkAnnouncementRead, RejectAnnouncement,
    UpdateAnnouncement,
};
use document as docs;
use view::{AnnouncementDetail, AnnouncementView, WrittenAnnouncementView};

pub(crate) use view::AnnouncementMessageView;

pub(crate) const ROUTES: &[Entry] = &[
    Entry::post(ALL, WRITE, |it| it.to(add), docs::ADD),
    Entry::get(ALL, READ, |it| it.to(list), docs::LIST),
    Entry::get(ONE, READ, |it| it.to(read), docs::READ),
    Entry::put(ONE, WRITE, |it| it.to(update), docs::UPDATE),
    Entry::post(
        "/api/v1/announcements/{announcementId}/submission",
        WRITE,
        |it| it.to(submit),
        docs::SUBMIT,
    ),
    Entry::post(
        "/api/v1/announcements/{announcementId}/approval",
        APPROVE,
        |it| it.to(approve),
        docs::APPROVE,
    ),
    Entry::post(
        "/api/v1/announcements/{announcementId}/rejection",
        APPROVE,
        |it| it.to(reject),
        docs::REJECT,
    ),
    Entry::post(
        "/api/v1/announcements/{announcementId}/release",
        WRITE,
        |it| it.to(release),
        docs::RELEASE,
    ),
    Entry::post("/api/v1/announcements/{announcementId}/stop", STOP, |it| it.to(stop), docs::STOP),
    Entry::put(
        "/api/v1/announcements/{announcementId}/reading",
        READER,
        |it| it.to(mark_read),
        docs::MARK_READ,
    ),
];

const ALL: &str = "/api/v1/announcements";
const ONE: &str = "/api/v1/announcements/{announcementId}";
const READ: Access = AnyOf(&[Scope::ContactRead, Scope::AnnouncementWrite]);
const WRITE: Access = With(Scope::AnnouncementWrite);
const APPROVE: Access = With(Scope::ContactApprove);
// Who sees that something is wrong stops it.
const STOP: Access = AnyOf(&[Scope::AnnouncementWrite, Scope::ContactApprove]);
const READER: Access = AnyOf(&[Scope::ContactAnswer, Scope::ContactAnswerAny]);

/// The service, unless personal data cannot be sealed here.
fn announcements(state: &AppState) -> Result<AnnouncementService, Problem> {
    let contacts = state.contacts.as_ref().ok_or(Problem::of(Code::NotFound))?;
    Ok(contacts.announcements.clone())
}

/// The id in a path: any other text names no announcement.
fn known(id: &str) -> Result<AnnouncementId, Problem> {
    AnnouncementId::parse(id).map_err(|_| Problem::of(Code::AnnouncementNotFound))
}

/// The answer of a call that wrote an announcement.
fn written(
    mut response: HttpResponseBuilder,
    answered: &Answered<WrittenAnnouncement>,
) -> HttpResponse {
    response.insert_header(etag(answered.value.version));
    let view = WrittenAnnouncementView::from(&answered.value);
    marked(answered.is_replayed, envelope::with(&mut response, &view))
}

/// Adds a draft.
async fn add(state: Data<AppState>, call: Call<AddAnnouncement>) -> Result<HttpResponse, Problem> {
    let service = announcements(&state)?;
    let Call { act, keyed, body, .. } = call;
    let content = body.content();
    let add = |by| async move { service.add(content, by).await };
    let answered = state.run_once(ClientAct { act, keyed }, add).await?;
    Ok(written(HttpResponse::Created(), &answered))
}

/// Changes the content of a draft, a submission or a rejected announcement.
async fn update(
    state: Data<AppState>,
    request: HttpRequest,
    id: Path<String>,
    call: Call<UpdateAnnouncement>,
) -> Result<HttpResponse, Problem> {
    let (service, edit) = (announcements(&state)?, call.body.edit()?);
    let (if_match, id, act) = (if_match(request.headers())?, known(&id)?, call.act);
    let edit = async move { service.edit(id, &edit, &if_match, &act).await };
    let value = state.run(edit).await?;
    Ok(written(HttpResponse::Ok(), &Answered { value, is_replayed: false }))
}

/// Does this to an announcement.
async fn act(
    state: &AppState,
    id: &str,
    command: AnnouncementAct,
    by: ClientAct,
) -> Result<HttpResponse, Problem> {
    let (service, id) = (announcements(state)?, known(id)?);
    let act = |by| async move { service.act(id, &command, by).await };
    Ok(written(HttpResponse::Ok(), &state.run_once(by, act).await?))
}

/// Fixes content and recipients.
async fn submit(
    state: Data<AppState>,
    id: Path<String>,
    call: Call<NoFields>,
) -> Result<HttpResponse, Problem> {
    let by = ClientAct { act: call.act, keyed: call.keyed };
    act(&state, &id, AnnouncementAct::Submit, by).await
}

/// Approves an announcement as it was read.
async fn approve(
    state: Data<AppState>,
    id: Path<String>,
    call: Call<ApproveAnnouncement>,
) -> Result<HttpResponse, Problem> {
    let by = ClientAct { act: call.act, keyed: call.keyed };
    act(&state, &id, AnnouncementAct::Approve { seen: call.body.content_hash.0 }, by).await
}

/// Rejects an announcement.
async fn reject(
    state: Data<AppState>,
    id: Path<String>,
    call: Call<RejectAnnouncement>,
) -> Result<HttpResponse, Problem> {
    let by = ClientAct { act: call.act, keyed: call.keyed };
    act(&state, &id, AnnouncementAct::Reject(call.body.reason.0), by).await
}

/// Releases the mails after the first batch.
async fn release(
    state: Data<AppState>,
    id: Path<String>,
    call: Call<NoFields>,
) -> Result<HttpResponse, Problem> {
    let by = ClientAct { act: call.act, keyed: call.keyed };
    act(&state, &id, AnnouncementAct::Release, by).await
}

/// Stops the mails.
async fn stop(
    state: Data<AppState>,
    id: Path<String>,
    call: Call<NoFields>,
) -> Result<HttpResponse, Problem> {
    let by = ClientAct { act: call.act, keyed: call.keyed };
    act(&state, &id, AnnouncementAct::Stop, by).await
}

/// Who read it: the calling customer, or whom a My page acts for.
fn reader(principal: &Principal, named: Option<PersonId>) -> Result<PersonId, Problem> {
    if principal.may(Scope::ContactAnswerAny) {
        return named.ok_or(Problem::invalid("personId: is required with this access token"));
    }
    let own = principal.person.clone().filter(|own| named.is_none_or(|it| it == *own));
    own.ok_or(Problem::of(Code::AnnouncementNotFound))
}

/// Records that a customer read it.
async fn mark_read(
    state: Data<AppState>,
    id: Path<String>,
    call: Call<MarkAnnouncementRead>,
) -> Result<HttpResponse, Problem> {
    let (service, id) = (announcements(&state)?, known(&id)?);
    let Call { act, principal, body, .. } = call;
    let person = reader(&principal, value(body.person_id))?;
    state.run(async move { service.mark_read(id, &person, &act).await }).await?;
    Ok(envelope::nothing())
}

/// Reads an announcement, with the progress of its mails.
async fn read(
    state: Data<AppState>,
    id: Path<String>,
    _: Call<NoBody>,
) -> Result<HttpResponse, Problem> {
    let (service, id) = (announcements(&state)?, known(&id)?);
    let (found, counts) = state.run(async move { service.read(id).await }).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header(etag(found.version));
    Ok(envelope::with(&mut response, &AnnouncementDetail::of(&found, &counts)))
}

/// Lists announcements page by page.
async fn list(
    state: Data<AppState>,
    request: HttpRequest,
    _: Call<NoBody>,
) -> Result<HttpResponse, Problem> {
    announcements(&state)?;
    let mut query = Query::read(request.query_string(), &["state", "cursor", "limit"])?;
    let secret = &state.idempotency.secret;
    let (cursors, PageRequest { after, limit }) =
        Cursors::take(secret, ("announcements", ""), &mut query)?;
    let rule = "must be DRAFT, SUBMITTED, APPROVED or REJECTED";
    let wanted = query.one_of("state", AnnouncementStateName::parse, rule)?;
    let query = AnnouncementQuery { state: wanted, after, limit: limit + 1 };
    let reader = ListReader::new(&state);
    let found = reader
        .read(move |lists| {
            let query = query.clone();
            async move { lists.announcements()?.list(&query).await }
        })
        .await?;
    let (found, next) = cursors.page(found, limit, |last| Some(last.position()));
    let views = found.iter().map(AnnouncementView::from).collect();
    Ok(reader.marked(envelope::page(views, next)))
}
