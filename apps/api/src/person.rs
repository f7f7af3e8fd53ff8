//! Routes of persons, their contact details, and the mail setting of their accounts.

mod bodies;
mod document;
mod view;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use madoguchi_application::{PersonService, Reading, Searched};
use madoguchi_domain::actor::Scope;
use madoguchi_domain::idempotency::ClientAct;
use madoguchi_domain::person::{AccountId, PersonId, Updated};
use madoguchi_domain::registered::Registered;

use crate::access::Access::With;
use crate::access::Entry;
use crate::app_state::{AppState, Persons};
use crate::call::{Call, NoBody};
use crate::idempotency::marked;
use crate::precondition::{etag, if_match};
use crate::problem::{Code, Problem};
use crate::view as envelope;
use bodies::{ChangeDetails, RegisterPerson, SearchPersons, SetMailNotification};
use view::{AccountMailView, AccountOfPerson, PersonView, RegisteredPerson, Shown, VersionView};

pub(crate) const ROUTES: &[Entry] = &[
    Entry::post(
        "/api/v1/persons",
        With(Scope::PersonWrite),
        |it| it.to(register),
        document::REGISTER,
    ),
    Entry::get("/api/v1/persons/{personId}", READ, |it| it.to(read), document::READ),
    Entry::get("/api/v1/persons/{personId}/history", READ, |it| it.to(history), document::HISTORY),
    Entry::query("/api/v1/persons/search", READ, |it| it.to(search), document::SEARCH),
    Entry::put(
        "/api/v1/persons/{personId}/contact-details",
        WRITE,
        |it| it.to(change_details),
        document::CHANGE_DETAILS,
    ),
    Entry::patch("/api/v1/accounts/{accountId}", WRITE, |it| it.to(set_mail), document::SET_MAIL),
];

const READ: crate::access::Access = With(Scope::PersonRead);
const WRITE: crate::access::Access = With(Scope::PersonWrite);

/// The service, unless personal data cannot be sealed here.
fn persons(state: &AppState) -> Result<Persons, Problem> {
    state.persons.clone().ok_or(Problem::of(Code::NotFound))
}

/// Registers a person: 201, or 200 if the same person is registered already.
async fn register(
    state: Data<AppState>,
    call: Call<RegisterPerson>,
) -> Result<HttpResponse, Problem> {
    let Persons { service, region } = persons(&state)?;
    let Call { act, keyed, body, .. } = call;
    let wish = body.registration(region)?;
    let asked = wish.clone();
    let register = |by| async move { service.register(asked, by).await };
    let answered = state.run_once(ClientAct { act, keyed }, register).await?;
    let (mut response, version) = match answered.value {
        Registered::New => (HttpResponse::Created(), 1),
        Registered::Same(version) => (HttpResponse::Ok(), version.0),
        Registered::Different => return Err(Problem::of(Code::PersonConflict)),
    };
    response.insert_header(etag(version));
    let response = envelope::with(&mut response, &RegisteredPerson::from(&wish));
    Ok(marked(answered.is_replayed, response))
}

/// Reads a person, masked or in clear.
async fn read(
    state: Data<AppState>,
    request: HttpRequest,
    id: Path<String>,
    call: Call<NoBody>,
) -> Result<HttpResponse, Problem> {
    let Asked { service, id, reading } = asked(&state, &request, &id, &call)?;
    let act = call.act;
    let person = state.run(async move { service.read(&id, reading, &act).await }).await?;
    let person = person.ok_or(Problem::of(Code::PersonNotFound))?;
    let mut response = HttpResponse::Ok();
    response.insert_header(etag(person.version));
    Ok(envelope::with(&mut response, &PersonView::of(&person, Shown(reading))))
}

/// Reads every change of a person's contact details, masked or in clear.
async fn history(
    state: Data<AppState>,
    request: HttpRequest,
    id: Path<String>,
    call: Call<NoBody>,
) -> Result<HttpResponse, Problem> {
    let Asked { service, id, reading } = asked(&state, &request, &id, &call)?;
    let act = call.act;
    let versions = state.run(async move { service.history(&id, reading, &act).await }).await?;
    let versions = versions.ok_or(Problem::of(Code::PersonNotFound))?;
    Ok(envelope::list(VersionView::all(&versions, Shown(reading))))
}

/// What a reading call asks for.
struct Asked {
    service: PersonService,
    id: PersonId,
    reading: Reading,
}

fn asked(
    state: &AppState,
    request: &HttpRequest,
    id: &str,
    call: &Call<NoBody>,
) -> Result<Asked, Problem> {
    let Persons { service, .. } = persons(state)?;
    Ok(Asked { service, id: PersonId::parse(id)?, reading: reading(request, call)? })
}

/// Whether the query asks for personal data in clear, which needs a scope of its own.
fn reading(request: &HttpRequest, call: &Call<NoBody>) -> Result<Reading, Problem> {
    match request.query_string() {
        "" | "reveal=false" => Ok(Reading::Masked),
        "reveal=true" => call.require(Scope::PersonReveal).map(|()| Reading::InClear),
        _ => Err(Problem::invalid("the query can only be reveal=true or reveal=false")),
    }
}

/// Finds the one person with an address, masked.
async fn search(state: Data<AppState>, call: Call<SearchPersons>) -> Result<HttpResponse, Problem> {
    let Persons { service, region } = persons(&state)?;
    let Call { act, body, .. } = call;
    let query = body.query(region)?;
    match state.run(async move { service.search(&query, &act).await }).await? {
        Searched::Nobody => Err(Problem::of(Code::PersonNotFound)),
        Searched::One(person) => {
            let mut response = HttpResponse::Ok();
            response.insert_header(etag(person.version));
            Ok(envelope::with(&mut response, &PersonView::of(&person, Shown(Reading::Masked))))
        }
        Searched::Several => Err(Problem::of(Code::PersonAmbiguous)),
    }
}

/// Changes contact details, and answers with the person's account.
async fn change_details(
    state: Data<AppState>,
    request: HttpRequest,
    id: Path<String>,
    call: Call<ChangeDetails>,
) -> Result<HttpResponse, Problem> {
    let Persons { service, region } = persons(&state)?;
    let id = PersonId::parse(&id)?;
    let Call { act, body, .. } = call;
    let update = body.update(region)?;
    let if_match = if_match(request.headers())?;
    let work = async move { service.update_details(&id, &update, &if_match, &act).await };
    match state.run(work).await?.ok_or(Problem::of(Code::PersonNotFound))? {
        Updated::Stale => Err(Problem::of(Code::PreconditionFailed)),
        Updated::Done(person) => {
            let mut response = HttpResponse::Ok();
            response.insert_header(etag(person.version));
            Ok(envelope::with_result(&mut response, &AccountOfPerson::from(&*person)))
        }
    }
}

/// Switches mail notification of an account.
async fn set_mail(
    state: Data<AppState>,
    id: Path<String>,
    call: Call<SetMailNotification>,
) -> Result<HttpResponse, Problem> {
    let Persons { service, .. } = persons(&state)?;
    let id = AccountId::parse(&id)?;
    let Call { act, body: SetMailNotification { mail_notification }, .. } = call;
    let work = async move { service.set_mail_notification(&id, mail_notification, &act).await };
    let account = state.run(work).await?.ok_or(Problem::of(Code::AccountNotFound))?;
    Ok(envelope::data(&AccountMailView::from(&account)))
}

#[cfg(test)]
mod tests;
