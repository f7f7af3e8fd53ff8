//! The delivery watch as CSV: ids, codes and times only.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::Data;
use madoguchi_domain::delivery::{WatchEntry, WatchQuery};
use madoguchi_domain::person::PersonId;

use super::view::{announcement_id, contact_id};
use crate::app_state::AppState;
use crate::csv_cell::safe;
use crate::csv_export::{self, Rows};
use crate::lists::ListReader;
use crate::problem::Problem;

const COLUMNS: [&str; 8] = [
    "personId",
    "reason",
    "lastResult",
    "since",
    "mailId",
    "contactId",
    "announcementId",
    "otherPersonId",
];

/// All entries that match.
pub(super) async fn export(
    state: &Data<AppState>,
    query: WatchQuery,
) -> Result<HttpResponse, Problem> {
    let reader = Arc::new(ListReader::new(state));
    let of_pages = Arc::clone(&reader);
    let read = move |query| page(Arc::clone(&of_pages), query);
    Ok(reader.marked(csv_export::stream("delivery-watch", COLUMNS, query, read).await?))
}

async fn page(
    reader: Arc<ListReader>,
    query: WatchQuery,
) -> Result<Rows<{ COLUMNS.len() }, WatchQuery>, Problem> {
    let asked = query.clone();
    let entries = reader
        .read(move |lists| {
            let asked = asked.clone();
            async move { lists.delivery.watch(&asked).await }
        })
        .await?;
    let is_full = entries.len() == query.limit as usize;
    let after = entries.last().filter(|_| is_full).map(WatchEntry::position);
    let next = after.map(|after| WatchQuery { after: Some(after), ..query });
    Ok((entries.iter().map(cells).collect(), next))
}

fn cells(entry: &WatchEntry) -> [String; COLUMNS.len()] {
    let cause = &entry.cause;
    [
        safe(entry.person.expose()),
        cause.reason().to_string(),
        safe(cause.last_result().unwrap_or_default()),
        entry.since.to_string(),
        cause.mail().map(|mail| mail.to_string()).unwrap_or_default(),
        contact_id(cause).unwrap_or_default(),
        announcement_id(cause).unwrap_or_default(),
        safe(cause.other().map(PersonId::expose).unwrap_or_default()),
    ]
}
