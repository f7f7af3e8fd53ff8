//! The list of what is unanswered as CSV: ids and times only.

use actix_web::HttpResponse;
use actix_web::web::Data;
use madoguchi_application::RetentionService;
use madoguchi_domain::contact::ApplicationId;
use madoguchi_domain::page::ListPosition;
use madoguchi_domain::retention::{RetainedContact, UnansweredQuery};

use crate::app_state::AppState;
use crate::csv_cell::safe;
use crate::csv_export::{self, Rows};
use crate::problem::Problem;

const COLUMNS: [&str; 6] =
    ["contactId", "personId", "applicationId", "keptUntil", "reportedAt", "isHeld"];

/// The position of a contact in the list, which holds only reported ones.
pub(super) fn position(contact: &RetainedContact) -> ListPosition {
    ListPosition { at: contact.reported_at.unwrap_or(contact.created_at), id: contact.id.0 }
}

/// All contacts that match.
pub(super) async fn export(
    state: Data<AppState>,
    service: RetentionService,
    query: UnansweredQuery,
) -> Result<HttpResponse, Problem> {
    let read = move |query| page(state.clone(), service.clone(), query);
    csv_export::stream("retention-unanswered", COLUMNS, query, read).await
}

async fn page(
    state: Data<AppState>,
    service: RetentionService,
    query: UnansweredQuery,
) -> Result<Rows<{ COLUMNS.len() }, UnansweredQuery>, Problem> {
    let asked = query.clone();
    let contacts = state.run(async move { service.unanswered(&asked).await }).await?;
    let is_full = contacts.len() == query.limit as usize;
    let after = contacts.last().filter(|_| is_full).map(position);
    let next = after.map(|after| UnansweredQuery { after: Some(after), ..query });
    Ok((contacts.iter().map(cells).collect(), next))
}

fn cells(contact: &RetainedContact) -> [String; COLUMNS.len()] {
    let time =
        |at: Option<madoguchi_domain::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    [
        contact.id.to_string(),
        safe(contact.person.expose()),
        safe(contact.application.as_ref().map(ApplicationId::expose).unwrap_or_default()),
        time(contact.kept_until),
        time(contact.reported_at),
        contact.is_held.to_string(),
    ]
}
