//! Selects from the delivery watch what became of mails: of contacts, and of announcements.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use madoguchi_domain::announcement::AnnouncementId;
use madoguchi_domain::contact::ContactId;
use madoguchi_domain::delivery::{DeliveryStatus, MailTopic, WatchCause, WatchEntry, WatchQuery};
use madoguchi_domain::effect::UpstreamCode;
use madoguchi_domain::mail::{MailId, MailState};
use madoguchi_domain::port::StoreError;

use super::Conn;
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::parse::{corrupt, parsed_or_corrupt};
use crate::database::schema::{announcement_recipient, bounce, contact, person};
use crate::delivery::paged::paged;
use crate::delivery::row::entry;

diesel::alias!(
    contact as newer_contact: NewerContact,
    announcement_recipient as newer_recipient: NewerRecipient,
    contact as sent_contact: SentContact,
    announcement_recipient as sent_recipient: SentRecipient,
    bounce as later: Later,
);

/// The newer mails of a person in this state, of one source.
macro_rules! newer {
    ($newer:ident, $source:ident, $entry:ident, $state:expr, $person:expr, $at:expr, $id:expr) => {{
        let (newer_at, newer_id) = ($newer.field($source::mail_at), $newer.field($source::$entry));
        let is_newer =
            newer_at.gt($at).or(newer_at.eq($at).and(newer_id.nullable().gt($id.nullable())));
        $newer
            .filter($newer.field($source::person_id).eq($person))
            .filter($newer.field($source::mail_state).eq($state.as_str()))
            .filter(newer_at.ge($at))
            .filter(is_newer)
    }};
}

/// The mails of one source that were sent to a person after this time.
macro_rules! sent {
    ($sent:ident, $source:ident, $person:expr, $at:expr) => {
        $sent
            .filter($sent.field($source::person_id).eq($person))
            .filter($sent.field($source::mail_state).eq(MailState::Sent.as_str()))
            .filter($sent.field($source::mail_at).gt($at))
    };
}

/// Person, time, mail, code of a failure, and what the mail is about.
type Row = (String, Option<At>, Option<Key>, Option<String>, Key);

/// The rows of the newest mail of each person in a state, unless it is over.
macro_rules! newest {
    ($conn:expr, $query:expr, $state:expr, $mails:ident, $id:ident, $about:ident) => {{
        let (at, id) = ($mails::mail_at, $mails::$id);
        let person = $mails::person_id;
        let newer_one = newer!(newer_contact, contact, contact_id, $state, person, at, id);
        let other_newer =
            newer!(newer_recipient, announcement_recipient, mail_id, $state, person, at, id);
        let rows = $mails::table
            .inner_join(person::table.on(person::person_id.eq($mails::person_id)))
            .filter($mails::mail_state.eq($state.as_str()))
            .filter(person::email_since.nullable().le(at))
            .filter(not(exists(newer_one)))
            .filter(not(exists(other_newer)))
            .filter(not(exists(sent!(sent_contact, contact, person, at))))
            .filter(not(exists(sent!(sent_recipient, announcement_recipient, person, at))))
            .select(($mails::person_id, at, $mails::mail_id, $mails::mail_reason, $mails::$about));
        let rows: Vec<Row> = paged!(rows, $query, $mails::person_id, at, id).load($conn)?;
        rows
    }};
}

/// The newest mail of each person in this state, unless it is over.
pub(super) fn of_mails(
    conn: &mut Conn,
    query: &WatchQuery,
    state: MailState,
) -> Result<Vec<WatchEntry>, Fault> {
    let contacts = newest!(conn, query, state, contact, contact_id, contact_id);
    let contacts = contacts.into_iter().map(|row| {
        let topic = MailTopic::Contact(ContactId(row.4.0));
        of_mail(row, topic, state)
    });
    let announced = newest!(conn, query, state, announcement_recipient, mail_id, announcement_id);
    let announced = announced.into_iter().map(|row| {
        let topic = MailTopic::Announcement(AnnouncementId(row.4.0));
        of_mail(row, topic, state)
    });
    contacts.chain(announced).collect::<Result<_, StoreError>>().map_err(Fault::from)
}

fn of_mail(
    (person, since, mail, code, _): Row,
    about: MailTopic,
    state: MailState,
) -> Result<WatchEntry, StoreError> {
    let mail = MailId(mail.ok_or(corrupt("the mail of a result"))?.0);
    let cause = if state == MailState::Failed {
        let code = code.and_then(|code| UpstreamCode::parse(&code).ok());
        let code = parsed_or_corrupt(code, "mail_reason")?;
        WatchCause::Failed { mail, about, code }
    } else {
        WatchCause::Uncertain { mail, about }
    };
    entry(about.entry_id(mail), &person, since, cause)
}

/// The newest bounce of each person's address, unless it is over.
pub(super) fn bounced(conn: &mut Conn, query: &WatchQuery) -> Result<Vec<WatchEntry>, Fault> {
    let (later_at, later_id) = (later.field(bounce::received_at), later.field(bounce::mail_id));
    let is_later = later_at
        .gt(bounce::received_at)
        .or(later_at.eq(bounce::received_at).and(later_id.gt(bounce::mail_id)));
    let later_one = later
        .filter(later.field(bounce::person_id).eq(bounce::person_id))
        .filter(later.field(bounce::mailed_at).ge(person::email_since))
        .filter(later_at.ge(bounce::received_at))
        .filter(is_later);
    let (person, since) = (bounce::person_id, bounce::received_at.nullable());
    let own = bounce::mail_id.nullable();
    let sent_one = sent!(sent_contact, contact, person, since)
        .filter(sent_contact.field(contact::mail_id).ne(own));
    let announced = sent!(sent_recipient, announcement_recipient, person, since)
        .filter(sent_recipient.field(announcement_recipient::mail_id).ne(own));
    let rows = bounce::table
        .inner_join(person::table.on(person::person_id.eq(bounce::person_id)))
        .filter(person::email_since.le(bounce::mailed_at))
        .filter(not(exists(later_one)))
        .filter(not(exists(sent_one)))
        .filter(not(exists(announced)))
        .select((bounce::mail_id, bounce::person_id, bounce::received_at, bounce::status));
    let (at, id) = (bounce::received_at, bounce::mail_id);
    let rows: Vec<(Key, String, At, String)> =
        paged!(rows, query, bounce::person_id, at, id).load(conn)?;
    let entries = rows.into_iter().map(|(id, person, since, status)| {
        let status = parsed_or_corrupt(DeliveryStatus::parse(&status).ok(), "bounce.status")?;
        entry(id.0, &person, Some(since), WatchCause::Bounced { mail: MailId(id.0), status })
    });
    entries.collect::<Result<_, StoreError>>().map_err(Fault::from)
}
