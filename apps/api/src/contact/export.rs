//! A list of contacts as CSV: ids, states and times only, streamed page by page.

use std::io;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Data};
use futures_util::stream;
use madoguchi_application::ContactService;
use madoguchi_domain::Timestamp;
use madoguchi_domain::contact::{ActionKind, ApplicationId, Contact, ContactQuery, GroupId};

use crate::app_state::AppState;
use crate::csv_cell::safe;
use crate::problem::{Code, Problem};

/// Contacts that are in memory at once.
pub(super) const PAGE: u32 = 500;

/// The media type, as documented.
pub(super) const CSV: &str = "text/csv";

const COLUMNS: [&str; 22] = [
    "contactId",
    "personId",
    "accountId",
    "applicationId",
    "groupId",
    "type",
    "actionKind",
    "state",
    "approval",
    "approvalAt",
    "answerStatus",
    "answeredHow",
    "answeredAt",
    "createdAt",
    "updatedAt",
    "visibleFrom",
    "expiresAt",
    "deletedAt",
    "mailState",
    "mailAt",
    "mailId",
    "mailReason",
];

/// All contacts that match. The first page is read before the answer begins, so that its errors
/// have their status; a later error breaks the answer off.
pub(super) async fn export(
    state: Data<AppState>,
    service: ContactService,
    query: ContactQuery,
) -> Result<HttpResponse, Problem> {
    let (first, next) = page(&state, &service, query).await?;
    let first = [header()?, first].concat();
    let pages = stream::try_unfold(Some((first, next)), move |begun| {
        let (state, service) = (state.clone(), service.clone());
        async move {
            let Some((bytes, next)) = begun else {
                return Ok(None);
            };
            let after = match next {
                Some(query) => Some(page(&state, &service, query).await.map_err(|problem| {
                    tracing::warn!(code = %problem, "an export of contacts broke off");
                    io::Error::other("the export broke off")
                })?),
                None => None,
            };
            Ok::<_, io::Error>(Some((Bytes::from(bytes), after)))
        }
    });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"contacts.csv\""))
        .streaming(pages))
}

/// One page as CSV, and the query of the next one.
async fn page(
    state: &AppState,
    service: &ContactService,
    query: ContactQuery,
) -> Result<(Vec<u8>, Option<ContactQuery>), Problem> {
    let (service, asked) = (service.clone(), query.clone());
    let contacts = state.run(async move { service.list(&asked).await }).await?;
    let is_full = contacts.len() == query.limit as usize;
    let after = contacts.last().filter(|_| is_full).and_then(|last| query.order.position(last));
    let next = after.map(|after| ContactQuery { after: Some(after), ..query });
    Ok((rows(&contacts)?, next))
}

fn header() -> Result<Vec<u8>, Problem> {
    written(|csv| csv.write_record(COLUMNS))
}

fn rows(contacts: &[Contact]) -> Result<Vec<u8>, Problem> {
    written(|csv| contacts.iter().try_for_each(|it| csv.write_record(cells(it))))
}

fn written(
    write: impl FnOnce(&mut csv::Writer<Vec<u8>>) -> csv::Result<()>,
) -> Result<Vec<u8>, Problem> {
    // RFC 4180.
    let mut csv =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    write(&mut csv).map_err(|_| Problem::of(Code::Internal))?;
    csv.into_inner().map_err(|_| Problem::of(Code::Internal))
}

fn cells(contact: &Contact) -> [String; COLUMNS.len()] {
    let content = &contact.content;
    let text = |text: Option<&str>| safe(text.unwrap_or_default());
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let given = contact.answer.given();
    let mail = contact.mail.as_ref();
    [
        contact.id.to_string(),
        safe(contact.person.expose()),
        safe(contact.account.expose()),
        text(content.application.as_ref().map(ApplicationId::expose)),
        text(content.group.as_ref().map(GroupId::expose)),
        content.contact_type.name().to_string(),
        text(content.contact_type.action().map(ActionKind::as_str)),
        contact.state().to_string(),
        contact.approval.name().to_string(),
        time(contact.approval.decided_at()),
        contact.answer.status().to_string(),
        text(given.map(|(how, _)| how.as_str())),
        time(given.map(|(_, mark)| mark.at)),
        time(Some(contact.created.at)),
        time(contact.updated.as_ref().map(|mark| mark.at)),
        time(contact.visible_from()),
        time(content.expires_at),
        time(contact.deleted.as_ref().map(|mark| mark.at)),
        contact.mail_state().to_string(),
        time(mail.map(|mail| mail.status.at())),
        mail.map(|mail| mail.id.to_string()).unwrap_or_default(),
        text(mail.and_then(|mail| mail.status.reason())),
    ]
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::contact::ContactMail;
    use madoguchi_domain::effect::UpstreamCode;
    use madoguchi_domain::mail::{MailId, MailStatus};
    use madoguchi_testkit::samples;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_row_has_the_id_of_the_mail_and_why_it_failed() {
        let id = MailId(Uuid::from_u128(7));
        let code = UpstreamCode::parse("SMTP_550").unwrap();
        let added = samples::adds(samples::contact_id(1), 1, samples::contact_content(), 0);
        let mut contact = added.write.contact().clone();
        assert_eq!(cells(&contact)[18..], ["NONE", "", "", ""].map(str::to_owned));
        let at = contact.created.at;
        contact.mail = Some(ContactMail { id, status: MailStatus::Failed { at, code } });
        let (at, id) = (at.to_string(), id.to_string());
        assert_eq!(cells(&contact)[18..], ["FAILED", &*at, &*id, "SMTP_550"].map(str::to_owned));
        assert_eq!(COLUMNS[18..], ["mailState", "mailAt", "mailId", "mailReason"]);
    }

    #[test]
    fn cells_are_quoted_as_rfc_4180_says() {
        let line = written(|csv| csv.write_record(["a,b", "\"", "客"])).unwrap();
        assert_eq!(line, "\"a,b\",\"\"\"\",客\r\n".as_bytes());
    }
}
