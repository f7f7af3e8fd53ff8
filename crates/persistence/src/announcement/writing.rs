//! Writes announcements with their recipients and mails.

use diesel::dsl::not;
use diesel::prelude::*;
use madoguchi_domain::announcement::{
    Announcement, AnnouncementEventName, AnnouncementId, AnnouncementWrite, Audience, AudienceHash,
};
use madoguchi_domain::change::Change;
use madoguchi_domain::mail::{MailId, MailState};
use madoguchi_domain::person::PersonId;
use madoguchi_domain::port::{Sealer, StoreError};

use super::{Conn, data_key};
use crate::announcement::row::{AnnouncementEditorRow, AnnouncementRow, AnnouncementTextRow};
use crate::announcement::state_row::AnnouncementStateRow;
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::parse::{corrupt, parsed_or_corrupt};
use crate::database::schema::{
    announcement, announcement_editor, announcement_recipient, person as registered_person,
};
use crate::vault::sealed_row::store_error;

/// Persons that are read at once.
const PAGE: i64 = 10_000;

pub(crate) fn write(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    change: &Change<AnnouncementWrite>,
) -> Result<bool, Fault> {
    let by = &change.audit.act.by;
    match &change.write {
        AnnouncementWrite::Add(new) => {
            add(conn, sealer, new)?;
            add_editor(conn, AnnouncementEditorRow::new(new, by))?;
            Ok(true)
        }
        AnnouncementWrite::Update(after, event) => {
            // The editor before the state: four eyes is checked with all of them.
            let writes = [AnnouncementEventName::Edited, AnnouncementEventName::Submitted];
            if writes.contains(event) {
                add_editor(conn, AnnouncementEditorRow::new(after, by))?;
            }
            Ok(update(conn, sealer, after)? && fix_recipients(conn, after, *event)?)
        }
        AnnouncementWrite::PlanMails { after, mails, due } => {
            Ok(move_on(conn, after)? && plan(conn, after.id, mails, At::from(*due))?)
        }
        AnnouncementWrite::Read { announcement, person, at } => {
            let unread = announcement_recipient::table
                .find((Key(announcement.0), person.expose()))
                .filter(announcement_recipient::read_at.is_null());
            let read = announcement_recipient::read_at.eq(At::from(*at));
            Ok(diesel::update(unread).set(read).execute(conn)? > 0)
        }
    }
}

fn add(conn: &mut Conn, sealer: &dyn Sealer, new: &Announcement) -> Result<(), Fault> {
    let key = sealer.new_data_key().map_err(|why| store_error(why, "data_key.wrapped"))?;
    data_key::insert(conn, new.data_key, &key)?;
    let texts = AnnouncementTextRow::seal(sealer, &key, new)?;
    let row = (AnnouncementRow::from(new), texts, AnnouncementStateRow::from(new));
    diesel::insert_into(announcement::table).values(row).execute(conn)?;
    Ok(())
}

fn add_editor(conn: &mut Conn, editor: AnnouncementEditorRow) -> Result<(), Fault> {
    let editor = diesel::insert_into(announcement_editor::table).values(editor);
    editor.on_conflict_do_nothing().execute(conn)?;
    Ok(())
}

fn update(conn: &mut Conn, sealer: &dyn Sealer, after: &Announcement) -> Result<bool, Fault> {
    if !move_on(conn, after)? {
        return Ok(false);
    }
    // What is approved is not sealed anew.
    if after.visible_from().is_none() {
        let key = data_key::find(conn, after.data_key)?;
        let key = key.ok_or(corrupt("announcement.data_key_id"))?;
        let texts = AnnouncementTextRow::seal(sealer, &key, after)?;
        let stored = announcement::table.find(Key(after.id.0));
        diesel::update(stored).set(texts).execute(conn)?;
    }
    Ok(true)
}

/// Writes the state over that of the version before.
fn move_on(conn: &mut Conn, after: &Announcement) -> Result<bool, Fault> {
    let state = AnnouncementStateRow::from(after);
    let is_before = announcement::version.eq(state.version - 1);
    let stored = announcement::table.find(Key(after.id.0)).filter(is_before);
    Ok(diesel::update(stored).set(&state).execute(conn)? > 0)
}

/// Stores the recipients of a submission, and removes those of one that is void. Those of an
/// approval must be the ones that were submitted.
fn fix_recipients(
    conn: &mut Conn,
    after: &Announcement,
    event: AnnouncementEventName,
) -> Result<bool, Fault> {
    use AnnouncementEventName as On;
    let id = Key(after.id.0);
    if matches!(event, On::Edited | On::Submitted | On::Rejected) {
        let of_it = announcement_recipient::announcement_id.eq(id);
        diesel::delete(announcement_recipient::table.filter(of_it)).execute(conn)?;
    }
    if event == On::Approved && after.state.audience() != Some(&stored(conn, id)?) {
        return Err(corrupt("announcement_recipient").into());
    }
    if event != On::Submitted {
        return Ok(true);
    }
    let all = registered_person::table
        .select((id.into_sql::<crate::database::schema::Id>(), registered_person::person_id));
    diesel::insert_into(announcement_recipient::table)
        .values(all)
        .into_columns((announcement_recipient::announcement_id, announcement_recipient::person_id))
        .execute(conn)?;
    Ok(after.state.audience() == Some(&stored(conn, id)?))
}

/// All registered persons.
pub(crate) fn registered(conn: &mut Conn) -> Result<Audience, Fault> {
    hashed(|last| {
        let rows = registered_person::table.filter(registered_person::person_id.gt(last));
        let rows = rows.order(registered_person::person_id).limit(PAGE);
        Ok(rows.select(registered_person::person_id).load(conn)?)
    })
}

/// The stored recipients.
fn stored(conn: &mut Conn, id: Key) -> Result<Audience, Fault> {
    hashed(|last| {
        let rows = announcement_recipient::table
            .filter(announcement_recipient::announcement_id.eq(id))
            .filter(announcement_recipient::person_id.gt(last))
            .order(announcement_recipient::person_id)
            .limit(PAGE);
        Ok(rows.select(announcement_recipient::person_id).load(conn)?)
    })
}

/// The audience of all pages, of which each begins after a person.
fn hashed(mut page: impl FnMut(String) -> Result<Vec<String>, Fault>) -> Result<Audience, Fault> {
    let (mut hash, mut last) = (AudienceHash::default(), String::new());
    loop {
        let persons = page(last)?;
        for id in &persons {
            hash.add(&person(id)?);
        }
        match persons.into_iter().next_back() {
            Some(id) => last = id,
            None => return Ok(hash.finish()),
        }
    }
}

pub(crate) fn person(id: &str) -> Result<PersonId, StoreError> {
    parsed_or_corrupt(PersonId::parse(id).ok(), "person.person_id")
}

/// False if a recipient has a mail, or is none.
fn plan(
    conn: &mut Conn,
    id: AnnouncementId,
    mails: &[(PersonId, MailId)],
    due: At,
) -> Result<bool, Fault> {
    for (person, mail) in mails {
        let recipient = announcement_recipient::table
            .find((Key(id.0), person.expose()))
            .filter(not(announcement_recipient::mail_id.is_not_null()));
        let planned = (
            announcement_recipient::mail_id.eq(Key(mail.0)),
            announcement_recipient::mail_state.eq(MailState::Pending.as_str()),
            announcement_recipient::mail_at.eq(due),
        );
        if diesel::update(recipient).set(planned).execute(conn)? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}
