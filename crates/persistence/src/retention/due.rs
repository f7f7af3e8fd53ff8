//! Selects contacts with what retention decides by.

use diesel::dsl::{auto_type, exists};
use diesel::prelude::*;
use madoguchi_domain::contact::AnswerStatus;
use madoguchi_domain::retention::{
    DuePage, DueQuery, DueScope, HoldSubjectKind, RetainedContact, UnansweredQuery,
};

use super::Conn;
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::schema::{application, contact, legal_hold};
use crate::retention::row::DueRow;

type Row = (DueRow, Option<At>, bool);

/// Contacts that are not purged.
#[auto_type]
fn with_application() -> _ {
    let names_it = application::application_id.nullable().eq(contact::application_id);
    let joined = contact::table.left_join(application::table.on(names_it));
    joined.filter(contact::purged_at.is_null())
}

/// Whether a legal hold covers the contact.
#[auto_type]
fn is_held() -> _ {
    let person: &'static str = HoldSubjectKind::Person.as_str();
    let application: &'static str = HoldSubjectKind::Application.as_str();
    let in_force = legal_hold::table.filter(legal_hold::released_at.is_null());
    let on_person = in_force
        .filter(legal_hold::subject_kind.eq(person))
        .filter(legal_hold::subject_id.eq(contact::person_id));
    let in_force = legal_hold::table.filter(legal_hold::released_at.is_null());
    let on_application = in_force
        .filter(legal_hold::subject_kind.eq(application))
        .filter(legal_hold::subject_id.nullable().eq(contact::application_id));
    exists(on_person).or(exists(on_application))
}

/// Those of these contacts that a legal hold covers.
pub(super) fn held(conn: &mut Conn, contacts: &[Key]) -> Result<Vec<Key>, Fault> {
    let held = contact::table.filter(contact::contact_id.eq_any(contacts)).filter(is_held());
    Ok(held.select(contact::contact_id).load(conn)?)
}

pub(super) fn due(conn: &mut Conn, query: &DueQuery) -> Result<DuePage, Fault> {
    let DueQuery { scope, after, limit } = *query;
    let columns = (DueRow::as_select(), application::kept_until.nullable(), is_held());
    let rows = with_application().select(columns).limit(limit.into()).into_boxed();
    let after = after.map(|after| (At::from(after.at), Key(after.id)));
    let id = contact::contact_id;
    let rows: Vec<Row> = match scope {
        DueScope::Kept => {
            let (at, is_kept) = (contact::created_at, contact::application_id.is_not_null());
            let mut rows = rows.filter(is_kept).filter(contact::deleted_at.is_null());
            if let Some((last, key)) = after {
                rows = rows.filter(at.ge(last)).filter(at.gt(last).or(id.gt(key)));
            }
            rows.order((at, id)).load(conn)?
        }
        DueScope::Deleted { by } => {
            let at = contact::deleted_at;
            let mut rows = rows.filter(at.le(At::from(by)));
            if let Some((last, key)) = after {
                rows = rows.filter(at.ge(last)).filter(at.gt(last).or(id.gt(key)));
            }
            rows.order((at, id)).load(conn)?
        }
    };
    Ok(page(rows, scope))
}

pub(super) fn unanswered(
    conn: &mut Conn,
    query: &UnansweredQuery,
) -> Result<Vec<RetainedContact>, Fault> {
    let (at, id) = (contact::reported_at, contact::contact_id);
    let columns = (DueRow::as_select(), application::kept_until.nullable(), is_held());
    let mut rows = with_application()
        .select(columns)
        .filter(at.is_not_null())
        .filter(contact::deleted_at.is_null())
        // SQLite would rather read all that are unanswered by their index, and sort them.
        .filter(contact::answer_status.concat("").eq(AnswerStatus::Unanswered.as_str()))
        .order((at.desc(), id.desc()))
        .limit(query.limit.into())
        .into_boxed();
    if let Some(person) = &query.person {
        rows = rows.filter(contact::person_id.eq(person.expose()));
    }
    if let Some(application) = &query.application {
        rows = rows.filter(contact::application_id.eq(application.expose()));
    }
    if let Some(from) = query.from {
        rows = rows.filter(at.ge(At::from(from)));
    }
    if let Some(before) = query.before {
        rows = rows.filter(at.lt(At::from(before)));
    }
    if let Some(after) = query.after {
        let (last, key) = (At::from(after.at), Key(after.id));
        rows = rows.filter(at.le(last)).filter(at.lt(last).or(id.lt(key)));
    }
    let rows: Vec<Row> = rows.load(conn)?;
    let parsed = rows.into_iter().map(|(row, kept_until, is_held)| row.parse(kept_until, is_held));
    Ok(parsed.collect::<Result<_, _>>()?)
}

/// One that cannot be parsed keeps no other from being found.
fn page(rows: Vec<Row>, scope: DueScope) -> DuePage {
    let mut page = DuePage::default();
    for (row, kept_until, is_held) in rows {
        let id = row.contact_id.0;
        let position = row.position(scope);
        page.last = Some(position);
        match row.parse(kept_until, is_held) {
            Ok(contact) => page.contacts.push(contact),
            Err(why) => {
                tracing::error!(contact = %id, %why, "retention leaves a contact as it is");
                page.unreadable.push(position);
            }
        }
    }
    page
}
