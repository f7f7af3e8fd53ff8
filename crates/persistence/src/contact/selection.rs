//! Selects contacts with their current versions, in one statement.

use diesel::Connection;
use diesel::dsl::{AsSelect, IntoBoxed, Select, auto_type};
use diesel::prelude::*;
use madoguchi_domain::contact::{ContactFilter, ContactKey, ContactOrder, ContactQuery};
use madoguchi_domain::mail::MailState;
use madoguchi_domain::page::ListPosition;
use madoguchi_domain::personal::Personal;
use madoguchi_domain::port::Sealer;

use super::{Conn, blind_index};
use crate::contact::mail_row::ContactMailRow;
use crate::contact::row::{ContactRow, ContactStateRow};
use crate::contact::version_row::VersionRow;
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::schema::{
    blind_index as stored_index, contact, contact_version, data_key as stored_key,
};
use crate::vault::row::DataKeyRow;

/// What blind indexes of policy numbers are for.
pub(super) const POLICY_NUMBER: &str = "contact.policy_number";

/// Which contacts to load.
pub(super) enum Selected {
    One(ContactKey),
    /// The one with this data key.
    Record(Key),
    Several(Vec<Key>),
    Page(Box<ContactQuery>),
}

/// A contact, its state, its mail, its current version and its data key.
pub(super) type Row = (ContactRow, ContactStateRow, ContactMailRow, VersionRow, Option<DataKeyRow>);

type Db = <Conn as Connection>::Backend;

/// The columns of a [`Row`].
type Columns = (
    AsSelect<ContactRow, Db>,
    AsSelect<ContactStateRow, Db>,
    AsSelect<ContactMailRow, Db>,
    AsSelect<VersionRow, Db>,
    AsSelect<Option<DataKeyRow>, Db>,
);

type Rows<'a> = IntoBoxed<'a, Select<with_current_version, Columns>, Db>;

/// A purged contact has no content, and is not there any more.
#[auto_type]
fn with_current_version() -> _ {
    let is_current = contact_version::contact_id
        .eq(contact::contact_id)
        .and(contact_version::version.eq(contact::version));
    contact::table
        .inner_join(contact_version::table.on(is_current))
        .left_join(stored_key::table.on(stored_key::data_key_id.eq(contact::data_key_id)))
        .filter(contact::purged_at.is_null())
}

pub(super) fn rows(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    selected: &Selected,
) -> Result<Vec<Row>, Fault> {
    let columns: Columns = (
        ContactRow::as_select(),
        ContactStateRow::as_select(),
        ContactMailRow::as_select(),
        VersionRow::as_select(),
        Option::<DataKeyRow>::as_select(),
    );
    let rows: Rows<'_> = with_current_version().select(columns).into_boxed();
    Ok(match selected {
        Selected::One(ContactKey { id, person: None }) => {
            rows.filter(contact::contact_id.eq(Key(id.0)))
        }
        Selected::One(ContactKey { id, person: Some(person) }) => rows
            .filter(contact::contact_id.eq(Key(id.0)))
            .filter(contact::person_id.eq(person.expose())),
        Selected::Record(key) => rows.filter(contact::data_key_id.eq(*key)),
        Selected::Several(ids) => rows.filter(contact::contact_id.eq_any(ids)),
        Selected::Page(query) => {
            let ContactQuery { filter, order, after, limit } = &**query;
            let rows = ordered(filtered(rows, sealer, filter)?, *order, *after);
            rows.limit((*limit).into())
        }
    }
    .load(conn)?)
}

fn filtered<'a>(
    mut rows: Rows<'a>,
    sealer: &dyn Sealer,
    filter: &'a ContactFilter,
) -> Result<Rows<'a>, Fault> {
    if let Some(person) = &filter.person {
        rows = rows.filter(contact::person_id.eq(person.expose()));
    }
    if let Some(number) = &filter.policy_number {
        let value = (POLICY_NUMBER, Personal::new(number.expose()));
        let digests = blind_index::digests(sealer, value)?;
        let has_number = stored_index::table
            .filter(stored_index::purpose.eq(POLICY_NUMBER))
            .filter(stored_index::digest.eq_any(digests))
            .select(stored_index::data_key_id);
        rows = rows.filter(contact::data_key_id.eq_any(has_number));
    }
    if let Some(name) = filter.contact_type {
        rows = rows.filter(contact::contact_type.eq(name.as_str()));
    }
    if let Some(status) = filter.answer {
        rows = rows.filter(contact::answer_status.eq(status.as_str()));
    }
    if let Some(name) = filter.approval {
        rows = rows.filter(contact::approval.eq(name.as_str()));
    }
    match filter.mail {
        None => {}
        Some(MailState::None) => rows = rows.filter(contact::mail_state.is_null()),
        Some(state) => rows = rows.filter(contact::mail_state.eq(state.as_str())),
    }
    if let Some(from) = filter.created_from {
        rows = rows.filter(contact::created_at.ge(At::from(from)));
    }
    if let Some(before) = filter.created_before {
        rows = rows.filter(contact::created_at.lt(At::from(before)));
    }
    if let Some(since) = filter.waiting_since {
        rows = rows.filter(contact::waiting_since.le(At::from(since)));
    }
    if let Some(now) = filter.visible_at {
        rows = rows.filter(contact::visible_from.le(At::from(now)));
    }
    Ok(rows)
}

fn ordered(mut rows: Rows<'_>, order: ContactOrder, after: Option<ListPosition>) -> Rows<'_> {
    // Of a position, the first condition bounds the range of the index; two alternatives do not.
    let after = after.map(|after| (At::from(after.at), Key(after.id)));
    let id = contact::contact_id;
    match order {
        ContactOrder::NewestFirst => {
            let at = contact::created_at;
            rows = rows.order((at.desc(), id.desc()));
            if let Some((last, key)) = after {
                rows = rows.filter(at.le(last)).filter(at.lt(last).or(id.lt(key)));
            }
        }
        ContactOrder::LongestWaitingFirst => {
            let at = contact::waiting_since;
            rows = rows.filter(at.is_not_null()).order((at.asc(), id.asc()));
            if let Some((last, key)) = after {
                rows = rows.filter(at.ge(last)).filter(at.gt(last).or(id.gt(key)));
            }
        }
        ContactOrder::LatestVisibleFirst => {
            let at = contact::visible_from;
            rows = rows.filter(at.is_not_null()).order((at.desc(), id.desc()));
            if let Some((last, key)) = after {
                rows = rows.filter(at.le(last)).filter(at.lt(last).or(id.lt(key)));
            }
        }
    }
    rows
}
