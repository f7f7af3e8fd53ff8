//! The list of what is unanswered as CSV: ids and times only.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::Data;
use madoguchi_domain::contact::ApplicationId;
use madoguchi_domain::page::ListPosition;
use madoguchi_domain::retention::{RetainedContact, UnansweredQuery};

use crate::app_state::{AppState, Lists};
use crate::csv_cell::safe;
use crate::csv_export::{self, Rows};
use crate::lists::ListReader;
use crate::problem::Problem;

const COLUMNS: [&str; 6] =
    ["contactId", "personId", "applicationId", "keptUntil", "reportedAt", "isHeld"];

/// The position of a contact in the list, which holds only reported ones.
pub(super) fn position(contact: &RetainedContact) -> ListPosition {
    ListPosition { at: contact.reported_at.unwrap_or(contact.created_at), id: contact.id.0 }
}

/// All contacts that match.
pub(super) async fn export(
    state: &Data<AppState>,
    query: UnansweredQuery,
) -> Result<HttpResponse, Problem> {
    let reader = Arc::new(ListReader::new(state));
    let of_pages = Arc::clone(&reader);
    let read = move |query| page(Arc::clone(&of_pages), query);
    Ok(reader.marked(csv_export::stream("retention-unanswered", COLUMNS, query, read).await?))
}

/// A page of the list.
pub(super) async fn read(
    reader: &ListReader,
    query: &UnansweredQuery,
) -> Result<Vec<RetainedContact>, Problem> {
    let query = query.clone();
    let read = move |lists: Lists| {
        let query = query.clone();
        async move { lists.retention()?.unanswered(&query).await }
    };
    reader.read(read).await
}

async fn page(
    reader: Arc<ListReader>,
    query: UnansweredQuery,
) -> Result<Rows<{ COLUMNS.len() }, UnansweredQuery>, Problem> {
    let contacts = read(&reader, &query).await?;
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
