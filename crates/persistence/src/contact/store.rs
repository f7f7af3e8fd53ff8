//! The store of contacts.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use madoguchi_domain::Timestamp;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::{
    Contact, ContactEventName, ContactId, ContactKey, ContactQuery, ContactVersion, ContactWrite,
    Waiting,
};
use madoguchi_domain::personal::Personal;
use madoguchi_domain::port::{ContactStore, Sealer, StoreError};
use madoguchi_domain::sealed::WrappedKey;

use super::commit::commit_all;
use super::contact_selection::{POLICY_NUMBER, Selected, rows};
use super::{Conn, Store, blind_index, data_key};
use crate::contact::editor_row::{EditorRow, StoredEditors};
use crate::contact::mail_row::ContactMailRow;
use crate::contact::row::{ContactRow, ContactStateRow};
use crate::contact::version_row::VersionRow;
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::parse::{corrupt, moment};
use crate::database::schema::{contact, contact_editor, contact_version, data_key as stored_key};
use crate::vault::row::DataKeyRow;
use crate::vault::sealed_row::store_error;
use crate::vault::sealed_store::SealedStore;

#[async_trait]
impl ContactStore for SealedStore<Store> {
    async fn find(&self, key: &ContactKey) -> Result<Option<Contact>, StoreError> {
        let (selected, sealer) = (Selected::One(key.clone()), Arc::clone(&self.sealer));
        let read = move |conn: &mut Conn| load(conn, &*sealer, &selected);
        Ok(self.store.read(read).await?.pop())
    }

    async fn list(&self, query: &ContactQuery) -> Result<Vec<Contact>, StoreError> {
        let (selected, sealer) =
            (Selected::Page(Box::new(query.clone())), Arc::clone(&self.sealer));
        self.store.read(move |conn| load(conn, &*sealer, &selected)).await
    }

    async fn waiting(&self, since: Timestamp, limit: u32) -> Result<Waiting, StoreError> {
        let read = move |conn: &mut Conn| {
            let is_waiting = contact::waiting_since.le(At::from(since));
            // In the order of the index, which is read as far as is counted.
            let times: Vec<Option<At>> = contact::table
                .filter(is_waiting)
                .order(contact::waiting_since)
                .limit(Waiting::MOST.into())
                .select(contact::waiting_since)
                .load(conn)?;
            let first: Vec<Key> = contact::table
                .filter(is_waiting)
                .order((contact::waiting_since, contact::contact_id))
                .limit(limit.into())
                .select(contact::contact_id)
                .load(conn)?;
            let (count, oldest) = (times.len() as u64, times.first().copied().flatten());
            let oldest = oldest.map(|at| moment(at, "contact.waiting_since")).transpose()?;
            let first = first.into_iter().map(|id| ContactId(id.0)).collect();
            Ok(Waiting { count, oldest, first })
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

/// Contacts with their current versions come from one statement. Editors are only added, so
/// that those of later versions can be left out.
pub(super) fn load(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    selected: &Selected,
) -> Result<Vec<Contact>, Fault> {
    let rows = rows(conn, sealer, selected)?;
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
    for (contact, state, mail, version, key) in rows {
        let mut editors = editors.remove(&contact.contact_id).unwrap_or_default();
        editors.retain(|row| row.version <= state.version);
        let editors = StoredEditors::parse(&editors)?;
        let (_, key) = key.ok_or(corrupt("contact.data_key_id"))?.parse()?;
        let version = version.open(sealer, &key)?;
        let mail = mail.parse()?;
        let opened = contact.open(sealer, &key, (&state, version), editors)?;
        contacts.push(Contact { mail, ..opened });
    }
    Ok(contacts)
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
        .filter(contact::purged_at.is_null())
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

/// Inserts a contact with its first version. An id that is taken meanwhile fails in a unique index,
/// which undoes the rows before it.
fn add(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    contact: &Contact,
    change: &Change<ContactWrite>,
) -> Result<bool, Fault> {
    let taken = contact::table.find(Key(contact.id.0)).count().get_result::<i64>(conn)?;
    if taken > 0 {
        return Ok(false);
    }
    let key = sealer.new_data_key().map_err(|why| store_error(why, "data_key.wrapped"))?;
    data_key::insert(conn, contact.data_key, &key)?;
    let row = ContactRow::seal(sealer, &key, contact)?;
    let (state, mail) = (ContactStateRow::new(contact), ContactMailRow::new(contact));
    diesel::insert_into(contact::table).values((&row, &state, &mail)).execute(conn)?;
    add_version(conn, sealer, &key, change)?;
    Ok(true)
}

pub(super) fn update(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    contact: &Contact,
    change: &Change<ContactWrite>,
) -> Result<bool, Fault> {
    let state = ContactStateRow::new(contact);
    let is_before = contact::version.eq(state.version - 1);
    let stored = contact::table.find(Key(contact.id.0)).filter(is_before);
    let stored = stored.filter(contact::purged_at.is_null());
    if diesel::update(stored).set(&state).execute(conn)? == 0 {
        return Ok(false);
    }
    // Later than the approval, only the mail's own effect changes it.
    if change.write.event() == ContactEventName::Approved {
        let approved = contact::table.find(Key(contact.id.0));
        diesel::update(approved).set(ContactMailRow::new(contact)).execute(conn)?;
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
    let event = write.event();
    if matches!(event, ContactEventName::Added | ContactEventName::Edited) {
        let editor = EditorRow::new(contact, &audit.act.by);
        let editor = diesel::insert_into(contact_editor::table).values(&editor);
        editor.on_conflict_do_nothing().execute(conn)?;
        let numbers = numbers(contact);
        // A new record has none to replace.
        let index = if event == ContactEventName::Added {
            blind_index::insert
        } else {
            blind_index::replace
        };
        index(conn, sealer, contact.data_key, &numbers)?;
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
