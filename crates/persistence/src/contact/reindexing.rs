//! Computes the blind indexes of persons and contacts again, for the rotation of index keys.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use diesel::dsl::count_star;
use diesel::prelude::*;
use madoguchi_domain::contact::Contact;
use madoguchi_domain::person::Person;
use madoguchi_domain::personal::Personal;
use madoguchi_domain::port::{BlindIndexes, Reindexed, Sealer, StoreError};
use madoguchi_domain::sealed::{DataKeyId, KeyId};

use super::contact::{self, numbers};
use super::contact_selection::Selected;
use super::person::{self, addresses};
use super::{Conn, Store, blind_index, data_key};
use crate::database::column::Key;
use crate::database::fault::Fault;
use crate::database::schema::{
    blind_index as stored_index, contact as stored_contact, person as stored_person,
};
use crate::person::row::version_number;
use crate::vault::row::{IndexRow, counts, first_after, readable};
use crate::vault::sealed_store::SealedStore;

#[async_trait]
impl BlindIndexes for SealedStore<Store> {
    async fn counts(&self) -> Result<Vec<(KeyId, u64)>, StoreError> {
        self.store
            .read(|conn| {
                let rows: Vec<(String, i64)> = stored_index::table
                    .group_by(stored_index::key_id)
                    .select((stored_index::key_id, count_star()))
                    .order(stored_index::key_id)
                    .load(conn)?;
                counts(rows, "blind_index.key_id")
            })
            .await
    }

    async fn reindex(&self, after: Option<DataKeyId>, limit: u32) -> Result<Reindexed, StoreError> {
        let sealer = Arc::clone(&self.sealer);
        let read = move |conn: &mut Conn| compare(conn, &*sealer, after, limit);
        let (mut done, others) = self.store.read(read).await?;
        // Each in a transaction of its own: a change of a record never waits for a whole page.
        for record in others {
            let sealer = Arc::clone(&self.sealer);
            let replace = move |conn: &mut Conn| {
                let is_locked = record.is_locked(conn)?;
                if is_locked {
                    blind_index::replace(conn, &*sealer, record.data_key(), &record.values())?;
                }
                Ok(is_locked)
            };
            done.replaced += u64::from(self.store.write(replace).await?);
        }
        Ok(done)
    }
}

/// A record that is found by blind indexes, as it was read.
enum Record {
    Person(Box<Person>),
    Contact(Box<Contact>),
}

impl Record {
    fn load(conn: &mut Conn, sealer: &dyn Sealer, key: Key) -> Result<Vec<Self>, Fault> {
        let persons = person::load(conn, sealer, vec![key])?;
        let contacts = contact::load(conn, sealer, &Selected::Record(key))?;
        let persons = persons.into_iter().map(|it| Self::Person(Box::new(it)));
        Ok(persons.chain(contacts.into_iter().map(|it| Self::Contact(Box::new(it)))).collect())
    }

    fn data_key(&self) -> DataKeyId {
        match self {
            Self::Person(person) => person.data_key,
            Self::Contact(contact) => contact.data_key,
        }
    }

    /// What it is found by, each with its purpose.
    fn values(&self) -> Vec<(&'static str, Personal)> {
        match self {
            Self::Person(person) => addresses(person),
            Self::Contact(contact) => numbers(contact),
        }
    }

    fn is_indexed(&self, conn: &mut Conn, sealer: &dyn Sealer) -> Result<bool, Fault> {
        let of = |rows: Vec<IndexRow<'static>>| -> BTreeSet<_> {
            rows.into_iter().map(IndexRow::identity).collect()
        };
        let expected = of(blind_index::rows(sealer, self.data_key(), &self.values())?);
        Ok(of(blind_index::stored(conn, self.data_key())?) == expected)
    }

    /// Locks the record; false if it was changed since it was read, and so was indexed again.
    fn is_locked(&self, conn: &mut Conn) -> Result<bool, Fault> {
        let locked = match self {
            Self::Person(person) => {
                let version = version_number(person.version);
                let stored = stored_person::table.find(person.id.expose());
                let stored = stored.filter(stored_person::version.eq(version));
                diesel::update(stored).set(stored_person::version.eq(version)).execute(conn)?
            }
            Self::Contact(contact) => {
                let version = version_number(contact.version);
                let stored = stored_contact::table.find(Key(contact.id.0));
                let stored = stored.filter(stored_contact::version.eq(version));
                // A purge changes no version, and what it erased must not return.
                let stored = stored.filter(stored_contact::purged_at.is_null());
                diesel::update(stored).set(stored_contact::version.eq(version)).execute(conn)?
            }
        };
        Ok(locked == 1)
    }
}

/// The data keys of a page of records, persons and contacts among each other.
fn page(conn: &mut Conn, first: Key, limit: u32) -> Result<Vec<Key>, Fault> {
    let mut page: Vec<Key> = stored_person::table
        .filter(stored_person::data_key_id.ge(first))
        .order(stored_person::data_key_id)
        .limit(limit.into())
        .select(stored_person::data_key_id)
        .load(conn)?;
    let contacts: Vec<Key> = stored_contact::table
        .filter(stored_contact::data_key_id.ge(first))
        .filter(stored_contact::purged_at.is_null())
        .order(stored_contact::data_key_id)
        .limit(limit.into())
        .select(stored_contact::data_key_id)
        .load(conn)?;
    page.extend(contacts);
    page.sort_unstable();
    page.truncate(limit as usize);
    Ok(page)
}

/// The records of a page, and those whose indexes are not the ones under the index keys.
fn compare(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    after: Option<DataKeyId>,
    limit: u32,
) -> Result<(Reindexed, Vec<Record>), Fault> {
    let Some(first) = first_after(after) else {
        return Ok((Reindexed::default(), Vec::new()));
    };
    let page = page(conn, first, limit)?;
    let last = page.last().map(|key| readable(*key)).transpose()?;
    let mut done = Reindexed { records: page.len() as u64, last, ..Reindexed::default() };
    let mut others = Vec::new();
    for key in page {
        // Without its data key a record is erased: there is nothing to index.
        if data_key::find(conn, DataKeyId(key.0)).is_ok_and(|key| key.is_none()) {
            continue;
        }
        match Record::load(conn, sealer, key) {
            Ok(records) => {
                for record in records {
                    if !record.is_indexed(conn, sealer)? {
                        others.push(record);
                    }
                }
            }
            Err(Fault::Store(_)) => done.unopened += 1,
            Err(fault) => return Err(fault),
        }
    }
    Ok((done, others))
}
