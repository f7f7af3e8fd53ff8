//! The store of contacts.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use diesel::Connection;
use diesel::dsl::{count_star, min};
use diesel::prelude::*;
use madoguchi_domain::Timestamp;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::{
    Contact, ContactEventName, ContactId, ContactKey, ContactOrder, ContactQuery, ContactVersion,
    ContactWrite, Waiting,
};
use madoguchi_domain::personal::Personal;
use madoguchi_domain::port::{ContactStore, Sealer, StoreError};
use madoguchi_domain::sealed::WrappedKey;

use super::commit::commit_all;
use super::{Conn, Store, blind_index, data_key};
use crate::contact::editor_row::{EditorRow, StoredEditors};
use crate::contact::row::{ContactRow, ContactStateRow};
use crate::contact::version_row::VersionRow;
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::parse::{corrupt, moment};
use crate::database::schema::{
    blind_index as stored_index, contact, contact_editor, contact_version, data_key as stored_key,
};
use crate::vault::row::DataKeyRow;
use crate::vault::sealed_row::store_error;
use crate::vault::sealed_store::SealedStore;

/// What blind indexes of policy numbers are for.
const POLICY_NUMBER: &str = "contact.policy_number";

#[async_trait]
impl ContactStore for SealedStore<Store> {
    async fn find(&self, key: &ContactKey) -> Result<Option<Contact>, StoreError> {
        let (wish, sealer) = (Wish::One(key.clone()), Arc::clone(&self.sealer));
        let read = move |conn: &mut Conn| load(conn, &*sealer, &wish);
        Ok(self.store.read(read).await?.pop())
    }

    async fn list(&self, query: &ContactQuery) -> Result<Vec<Contact>, StoreError> {
        let (wish, sealer) = (Wish::Page(Box::new(query.clone())), Arc::clone(&self.sealer));
        self.store.read(move |conn| load(conn, &*sealer, &wish)).await
    }

    async fn waiting(&self, since: Timestamp) -> Result<Waiting, StoreError> {
        let read = move |conn: &mut Conn| {
            let waiting = contact::table.filter(contact::waiting_since.le(At::from(since)));
            let (count, oldest): (i64, Option<At>) =
                waiting.select((count_star(), min(contact::waiting_since))).first(conn)?;
            let count = u64::try_from(count).map_err(|_| corrupt("count of contact"))?;
            let oldest = oldest.map(|at| moment(at, "contact.waiting_since")).transpose()?;
            Ok(Waiting { count, oldest })
        };
        self.store.read(read).await
    }

    async fn history(&self, id: ContactId) -> Result<Vec<ContactVersion>, StoreError> {
        let sealer = Arc::clone(&self.sealer);
        self.store.read(move |conn| history(conn, &*sealer, id)).await
    }

    async fn commit(&self, changes: &[Change<ContactWrite>]) -> Result<Committed, StoreError> {
        let (changes, sealer) = (changes.to_vec(), Arc::clone(&self.sealer));
        let key = self.store.audit_key.clone();
        let write = move |conn: &mut Conn, change: &Change<ContactWrite>| match &change.write {
            ContactWrite::Add(contact, _) => add(conn, &*sealer, contact, change),
            ContactWrite::Update(contact, ..) => update(conn, &*sealer, contact, change),
        };
        self.store.write(move |conn| commit_all(conn, &changes, &key, &write)).await
    }
}

/// Which contacts to load.
pub(super) enum Wish {
    One(ContactKey),
    /// The one with this data key.
    Record(Key),
    Page(Box<ContactQuery>),
}

/// A contact, its state, its valid version and its data key.
type Row = (ContactRow, ContactStateRow, VersionRow, Option<DataKeyRow>);

/// Contacts with their valid versions come from one statement. Their editors are only added to, so
/// that those of later versions can be left out.
pub(super) fn load(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    wish: &Wish,
) -> Result<Vec<Contact>, Fault> {
    let rows = rows(conn, sealer, wish)?;
    let ids: Vec<Key> = rows.iter().map(|(row, ..)| row.contact_id).collect();
    let loaded: Vec<EditorRow> = contact_editor::table
        .filter(contact_editor::contact_id.eq_any(ids))
        .order((contact_editor::contact_id, contact_editor::version))
        .select(EditorRow::as_select())
        .load(conn)?;
    let mut editors: BTreeMap<Key, Vec<&EditorRow>> = BTreeMap::new();
    for row in &loaded {
        editors.entry(row.contact_id).or_default().push(row);
    }
    let mut contacts = Vec::with_capacity(rows.len());
    for (contact, state, version, key) in rows {
        let mut editors = editors.remove(&contact.contact_id).unwrap_or_default();
        editors.retain(|row| row.version <= state.version);
        let editors = StoredEditors::parse(&editors)?;
        let (_, key) = key.ok_or(corrupt("contact.data_key_id"))?.parse()?;
        let version = version.open(sealer, &key)?;
        contacts.push(contact.open(sealer, &key, (&state, version), editors)?);
    }
    Ok(contacts)
}

fn rows(conn: &mut Conn, sealer: &dyn Sealer, wish: &Wish) -> Result<Vec<Row>, Fault> {
    let is_valid = contact_version::contact_id
        .eq(contact::contact_id)
        .and(contact_version::version.eq(contact::version));
    let mut rows = contact::table
        .inner_join(contact_version::table.on(is_valid))
        .left_join(stored_key::table.on(stored_key::data_key_id.eq(contact::data_key_id)))
        .select((
            ContactRow::as_select(),
            ContactStateRow::as_select(),
            VersionRow::as_select(),
            Option::<DataKeyRow>::as_select(),
        ))
        .into_boxed::<<Conn as Connection>::Backend>();
    let ContactQuery { filter, order, after, limit } = match wish {
        Wish::One(ContactKey { id, person }) => {
            rows = rows.filter(contact::contact_id.eq(Key(id.0)));
            if let Some(person) = person {
                rows = rows.filter(contact::person_id.eq(person.expose()));
            }
            return Ok(rows.load(conn)?);
        }
        Wish::Record(key) => return Ok(rows.filter(contact::data_key_id.eq(*key)).load(conn)?),
        Wish::Page(query) => &**query,
    };
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
    Ok(rows.limit((*limit).into()).load(conn)?)
}

fn history(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    id: ContactId,
) -> Result<Vec<ContactVersion>, Fault> {
    let rows: Vec<(VersionRow, Option<DataKeyRow>)> = contact_version::table
        .inner_join(contact::table.on(contact::contact_id.eq(contact_version::contact_id)))
        .left_join(stored_key::table.on(stored_key::data_key_id.eq(contact::data_key_id)))
        .filter(contact_version::contact_id.eq(Key(id.0)))
        .order(contact_version::version)
        .select((VersionRow::as_select(), Option::<DataKeyRow>::as_select()))
        .load(conn)?;
    let mut versions = Vec::with_capacity(rows.len());
    for (version, key) in rows {
        let (_, key) = key.ok_or(corrupt("contact.data_key_id"))?.parse()?;
        versions.push(version.open(sealer, &key)?.into_history()?);
    }
    Ok(versions)
}

/// Inserts a contact with its first version. A taken id fails in a unique index, which undoes the
/// rows before it.
fn add(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    contact: &Contact,
    change: &Change<ContactWrite>,
) -> Result<bool, Fault> {
    let key = sealer.new_data_key().map_err(|why| store_error(why, "data_key.wrapped"))?;
    data_key::insert(conn, contact.data_key, &key)?;
    let row = ContactRow::seal(sealer, &key, contact)?;
    let state = ContactStateRow::new(contact);
    diesel::insert_into(contact::table).values((&row, &state)).execute(conn)?;
    add_version(conn, sealer, &key, change)?;
    Ok(true)
}

fn update(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    contact: &Contact,
    change: &Change<ContactWrite>,
) -> Result<bool, Fault> {
    let state = ContactStateRow::new(contact);
    let is_before = contact::version.eq(state.version - 1);
    let stored = contact::table.find(Key(contact.id.0)).filter(is_before);
    if diesel::update(stored).set(&state).execute(conn)? == 0 {
        return Ok(false);
    }
    let key = data_key::find(conn, contact.data_key)?.ok_or(corrupt("contact.data_key_id"))?;
    add_version(conn, sealer, &key, change)?;
    Ok(true)
}

/// Inserts a version. With new content go its editor and its policy number, by which it is found.
fn add_version(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    key: &WrappedKey,
    Change { write, audit, .. }: &Change<ContactWrite>,
) -> Result<(), Fault> {
    let contact = write.contact();
    if matches!(write.event(), ContactEventName::Added | ContactEventName::Edited) {
        let editor = EditorRow::new(contact, &audit.act.by);
        let editor = diesel::insert_into(contact_editor::table).values(&editor);
        editor.on_conflict_do_nothing().execute(conn)?;
        blind_index::replace(conn, sealer, contact.data_key, &numbers(contact))?;
    }
    let row = VersionRow::seal(sealer, key, write, &audit.act)?;
    diesel::insert_into(contact_version::table).values(&row).execute(conn)?;
    Ok(())
}

/// The policy number of a contact, with its purpose.
pub(super) fn numbers(contact: &Contact) -> Vec<(&'static str, Personal)> {
    let number = contact.content.policy_number.iter();
    number.map(|it| (POLICY_NUMBER, Personal::new(it.expose()))).collect()
}
