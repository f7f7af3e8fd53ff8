//! The store of what mails about contacts depend on.

use async_trait::async_trait;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::{
    AnswerStatus, ContactId, ContactTypeName, MailWrite, MailedContact, UnplannedMail,
};
use madoguchi_domain::mail::{MailId, MailOrder, MailState, MailStatus};
use madoguchi_domain::person::PersonId;
use madoguchi_domain::port::{MailStore, StoreError};

use super::commit::commit;
use super::{Conn, Store};
use crate::contact::mail_row::ContactMailRow;
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::parse::{corrupt, moment, parsed_or_corrupt};
use crate::database::schema::{contact, contact_version, effect};
use crate::vault::sealed_store::SealedStore;

#[async_trait]
impl MailStore for SealedStore<Store> {
    async fn announced(&self, mail: MailId) -> Result<Vec<MailedContact>, StoreError> {
        self.store.read(move |conn| announced(conn, mail)).await
    }

    async fn unplanned(&self, limit: u32) -> Result<Vec<UnplannedMail>, StoreError> {
        self.store.read(move |conn| unplanned(conn, limit)).await
    }

    async fn commit(&self, changes: &[Change<MailWrite>]) -> Result<Vec<Committed>, StoreError> {
        let (changes, key) = (changes.to_vec(), self.store.audit_key.clone());
        self.store.write(move |conn| commit(conn, &changes, &key, write)).await
    }
}

/// What the check before sending reads: no text is opened.
type AnnouncedRow = (Key, String, Option<At>, ContactMailRow, Option<At>, bool, String);

fn announced(conn: &mut Conn, mail: MailId) -> Result<Vec<MailedContact>, Fault> {
    let is_current = contact_version::contact_id
        .eq(contact::contact_id)
        .and(contact_version::version.eq(contact::version));
    let rows: Vec<AnnouncedRow> = contact::table
        .inner_join(contact_version::table.on(is_current))
        .filter(contact::mail_id.eq(Key(mail.0)))
        .order(contact::contact_id)
        .select((
            contact::contact_id,
            contact::answer_status,
            contact::visible_from,
            ContactMailRow::as_select(),
            contact_version::expires_at,
            contact_version::mandatory,
            contact_version::contact_type,
        ))
        .load(conn)?;
    rows.into_iter().map(parse).collect::<Result<_, _>>().map_err(Fault::from)
}

fn parse(
    (id, answer, visible_from, mail, expires_at, mandatory, kind): AnnouncedRow,
) -> Result<MailedContact, StoreError> {
    let answer = AnswerStatus::parse(&answer).ok_or(corrupt("contact.answer_status"))?;
    let kind = ContactTypeName::parse(&kind).ok_or(corrupt("contact_version.contact_type"))?;
    let expires_at = expires_at.map(|at| moment(at, "contact_version.expires_at"));
    Ok(MailedContact {
        id: ContactId(id.0),
        status: mail.parse()?.ok_or(corrupt("contact.mail_id"))?.status,
        is_answered: answer == AnswerStatus::Answered,
        visible_from: visible_from.map(|at| moment(at, "contact.visible_from")).transpose()?,
        expires_at: expires_at.transpose()?,
        is_mandatory: mandatory && kind == ContactTypeName::ActionRequest,
    })
}

/// Pending mails without an effect. They have no evidence either, which belongs to an effect.
fn unplanned(conn: &mut Conn, limit: u32) -> Result<Vec<UnplannedMail>, Fault> {
    let kind = MailOrder::KIND_NAME;
    let effects = effect::table
        .filter(effect::kind.eq(kind))
        .filter(effect::id.nullable().eq(contact::mail_id));
    let rows: Vec<(Option<Key>, String, Option<At>)> = contact::table
        .filter(contact::mail_state.eq(MailState::Pending.as_str()))
        .filter(not(exists(effects)))
        .select((contact::mail_id, contact::person_id, contact::mail_at))
        .distinct()
        .limit(limit.into())
        .load(conn)?;
    let parsed = rows.into_iter().map(|(id, person, due)| {
        let (id, due) = id.zip(due).ok_or(corrupt("contact.mail_id or mail_at"))?;
        let person = parsed_or_corrupt(PersonId::parse(&person).ok(), "contact.person_id")?;
        Ok(UnplannedMail { id: MailId(id.0), person, due: moment(due, "contact.mail_at")? })
    });
    parsed.collect::<Result<_, StoreError>>().map_err(Fault::from)
}

fn write(conn: &mut Conn, change: &Change<MailWrite>) -> Result<bool, Fault> {
    match &change.write {
        MailWrite::LeaveOut { mail, contact, status } => leave_out(conn, (*mail, *contact), status),
        MailWrite::Plan => Ok(true),
    }
}

fn leave_out(
    conn: &mut Conn,
    (mail, id): (MailId, ContactId),
    status: &MailStatus,
) -> Result<bool, Fault> {
    let pending = contact::table
        .find(Key(id.0))
        .filter(contact::mail_id.eq(Key(mail.0)))
        .filter(contact::mail_state.eq(MailState::Pending.as_str()));
    let shown = (
        contact::mail_state.eq(status.state().as_str()),
        contact::mail_at.eq(At::from(status.at())),
        contact::mail_reason.eq(status.reason()),
    );
    Ok(diesel::update(pending).set(shown).execute(conn)? > 0)
}
