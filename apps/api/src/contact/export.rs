//! A list of contacts as CSV: ids, states and times only.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::Data;
use madoguchi_domain::Timestamp;
use madoguchi_domain::contact::{ActionKind, ApplicationId, Contact, ContactQuery, GroupId};

use crate::app_state::AppState;
use crate::csv_cell::safe;
use crate::csv_export::{self, Rows};
use crate::lists::ListReader;
use crate::problem::Problem;

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

/// All contacts that match.
pub(super) async fn export(
    state: &Data<AppState>,
    query: ContactQuery,
) -> Result<HttpResponse, Problem> {
    let reader = Arc::new(ListReader::new(state));
    let of_pages = Arc::clone(&reader);
    let read = move |query| page(Arc::clone(&of_pages), query);
    Ok(reader.marked(csv_export::stream("contacts", COLUMNS, query, read).await?))
}

async fn page(
    reader: Arc<ListReader>,
    query: ContactQuery,
) -> Result<Rows<{ COLUMNS.len() }, ContactQuery>, Problem> {
    let asked = query.clone();
    let contacts = reader
        .read(move |lists| {
            let asked = asked.clone();
            async move { lists.contacts()?.list(&asked).await }
        })
        .await?;
    let is_full = contacts.len() == query.limit as usize;
    let after = contacts.last().filter(|_| is_full).and_then(|last| query.order.position(last));
    let next = after.map(|after| ContactQuery { after: Some(after), ..query });
    Ok((contacts.iter().map(cells).collect(), next))
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
}
