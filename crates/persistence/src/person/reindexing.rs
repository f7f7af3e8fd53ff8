//! Computes the blind indexes of persons again, for the rotation of index keys.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use diesel::dsl::count_star;
use diesel::prelude::*;
use madoguchi_domain::person::Person;
use madoguchi_domain::port::{BlindIndexes, Reindexed, Sealer, StoreError};
use madoguchi_domain::sealed::{DataKeyId, KeyId};
use uuid::Uuid;

use super::person::{addresses, load};
use super::{Conn, Store, blind_index};
use crate::database::column::Key;
use crate::database::fault::Fault;
use crate::database::schema::{blind_index as stored_index, person};
use crate::person::row::version_number;
use crate::vault::row::key_id;
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
                let counts = rows.iter().map(|(id, count)| Ok((key_id(id)?, count.unsigned_abs())));
                counts.collect()
            })
            .await
    }

    async fn reindex(&self, after: Option<DataKeyId>, limit: u32) -> Result<Reindexed, StoreError> {
        let sealer = Arc::clone(&self.sealer);
        self.store.write(move |conn| reindex(conn, &*sealer, after, limit)).await
    }
}

fn reindex(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    after: Option<DataKeyId>,
    limit: u32,
) -> Result<Reindexed, Fault> {
    // No record has the least id.
    let after = Key(after.map_or(Uuid::nil(), |id| id.0));
    let page: Vec<Key> = person::table
        .filter(person::data_key_id.gt(after))
        .order(person::data_key_id)
        .limit(limit.into())
        .select(person::data_key_id)
        .load(conn)?;
    let mut done = Reindexed {
        records: page.len() as u64,
        last: page.last().map(|key| DataKeyId(key.0)),
        ..Reindexed::default()
    };
    // In the order of their ids, so that two pages cannot deadlock.
    for record in page {
        let person = match load(conn, sealer, vec![record]) {
            Ok(mut persons) => persons.pop(),
            Err(Fault::Store(StoreError::Corrupt(_))) => {
                done.unopened += 1;
                None
            }
            Err(fault) => return Err(fault),
        };
        let Some(person) = person else { continue };
        let expected = blind_index::rows(sealer, person.data_key, &addresses(&person))?;
        let expected: BTreeSet<_> = expected.into_iter().map(|row| row.identity()).collect();
        let stored = blind_index::stored(conn, person.data_key)?;
        let stored: BTreeSet<_> = stored.into_iter().map(|row| row.identity()).collect();
        if expected != stored && is_locked(conn, &person)? {
            blind_index::replace(conn, sealer, person.data_key, &addresses(&person))?;
            done.replaced += 1;
        }
    }
    Ok(done)
}

/// Locks the person; false if it was changed since it was read, and so was indexed again.
fn is_locked(conn: &mut Conn, person: &Person) -> Result<bool, Fault> {
    let version = version_number(person.version);
    let as_read = person::version.eq(version);
    let stored = person::table.find(person.id.expose()).filter(as_read);
    Ok(diesel::update(stored).set(person::version.eq(version)).execute(conn)? == 1)
}
