//! Computes the blind indexes of persons again, for the rotation of index keys.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use diesel::dsl::count_star;
use diesel::prelude::*;
use madoguchi_domain::person::Person;
use madoguchi_domain::port::{BlindIndexes, Reindexed, Sealer, StoreError};
use madoguchi_domain::sealed::{DataKeyId, KeyId};

use super::person::{addresses, load};
use super::{Conn, Store, blind_index, data_key};
use crate::database::column::Key;
use crate::database::fault::Fault;
use crate::database::schema::{blind_index as stored_index, person};
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
        // Each in a transaction of its own: a change of a person never waits for a whole page.
        for person in others {
            let sealer = Arc::clone(&self.sealer);
            let replace = move |conn: &mut Conn| {
                let is_locked = is_locked(conn, &person)?;
                if is_locked {
                    blind_index::replace(conn, &*sealer, person.data_key, &addresses(&person))?;
                }
                Ok(is_locked)
            };
            done.replaced += u64::from(self.store.write(replace).await?);
        }
        Ok(done)
    }
}

/// The records of a page, and the persons whose indexes are not those under the index keys.
fn compare(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    after: Option<DataKeyId>,
    limit: u32,
) -> Result<(Reindexed, Vec<Person>), Fault> {
    let Some(first) = first_after(after) else {
        return Ok((Reindexed::default(), Vec::new()));
    };
    let page: Vec<Key> = person::table
        .filter(person::data_key_id.ge(first))
        .order(person::data_key_id)
        .limit(limit.into())
        .select(person::data_key_id)
        .load(conn)?;
    let last = page.last().map(|key| readable(*key)).transpose()?;
    let mut done = Reindexed { records: page.len() as u64, last, ..Reindexed::default() };
    let mut others = Vec::new();
    for record in page {
        // Without its data key a person is erased: there is nothing to index.
        if data_key::find(conn, DataKeyId(record.0)).is_ok_and(|key| key.is_none()) {
            continue;
        }
        match load(conn, sealer, vec![record]) {
            Ok(persons) => {
                for person in persons {
                    if !is_indexed(conn, sealer, &person)? {
                        others.push(person);
                    }
                }
            }
            Err(Fault::Store(_)) => done.unopened += 1,
            Err(fault) => return Err(fault),
        }
    }
    Ok((done, others))
}

fn is_indexed(conn: &mut Conn, sealer: &dyn Sealer, person: &Person) -> Result<bool, Fault> {
    let of = |rows: Vec<IndexRow<'static>>| -> BTreeSet<_> {
        rows.into_iter().map(IndexRow::identity).collect()
    };
    let expected = of(blind_index::rows(sealer, person.data_key, &addresses(person))?);
    Ok(of(blind_index::stored(conn, person.data_key)?) == expected)
}

/// Locks the person; false if it was changed since it was read, and so was indexed again.
fn is_locked(conn: &mut Conn, person: &Person) -> Result<bool, Fault> {
    let version = version_number(person.version);
    let as_read = person::version.eq(version);
    let stored = person::table.find(person.id.expose()).filter(as_read);
    Ok(diesel::update(stored).set(person::version.eq(version)).execute(conn)? == 1)
}
