//! Blind indexes of the records of every system.

use std::borrow::Cow;

use diesel::prelude::*;
use madoguchi_domain::personal::Personal;
use madoguchi_domain::port::Sealer;
use madoguchi_domain::sealed::{BlindIndex, DataKeyId};

use super::Conn;
use crate::database::column::Key;
use crate::database::fault::Fault;
use crate::database::schema::blind_index;
use crate::vault::row::IndexRow;
use crate::vault::sealed_row::store_error;

/// Replaces the indexes of a record by those of its values, each with its purpose.
pub(crate) fn replace(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    record: DataKeyId,
    values: &[(&'static str, Personal)],
) -> Result<(), Fault> {
    let stored = blind_index::table.filter(blind_index::data_key_id.eq(Key(record.0)));
    diesel::delete(stored).execute(conn)?;
    insert(conn, sealer, record, values)
}

/// Inserts the indexes of the values of a new record, each with its purpose.
pub(crate) fn insert(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    record: DataKeyId,
    values: &[(&'static str, Personal)],
) -> Result<(), Fault> {
    for row in rows(sealer, record, values)? {
        diesel::insert_into(blind_index::table).values(&row).execute(conn)?;
    }
    Ok(())
}

/// The indexes of a record's values under every index key.
pub(crate) fn rows(
    sealer: &dyn Sealer,
    record: DataKeyId,
    values: &[(&'static str, Personal)],
) -> Result<Vec<IndexRow<'static>>, Fault> {
    let indexes = computed(sealer, values)?;
    let of_value = values.iter().zip(indexes).flat_map(|((purpose, _), indexes)| {
        indexes.into_iter().map(|index| IndexRow {
            purpose: Cow::Borrowed(*purpose),
            digest: index.digest.to_vec(),
            data_key_id: Key(record.0),
            key_id: index.key.as_str().to_owned(),
        })
    });
    Ok(of_value.collect())
}

fn computed(
    sealer: &dyn Sealer,
    values: &[(&'static str, Personal)],
) -> Result<Vec<Vec<BlindIndex>>, Fault> {
    let indexes = sealer.blind_indexes(values);
    Ok(indexes.map_err(|why| store_error(why, "blind_index.digest"))?)
}

/// The stored indexes of a record.
pub(crate) fn stored(conn: &mut Conn, record: DataKeyId) -> Result<Vec<IndexRow<'static>>, Fault> {
    let of_record = blind_index::table.filter(blind_index::data_key_id.eq(Key(record.0)));
    Ok(of_record.select(IndexRow::as_select()).load(conn)?)
}

/// The digests under which a value is stored for this purpose.
pub(crate) fn digests(
    sealer: &dyn Sealer,
    value: (&'static str, Personal),
) -> Result<Vec<Vec<u8>>, Fault> {
    let indexes = computed(sealer, &[value])?;
    Ok(indexes.iter().flatten().map(|index| index.digest.to_vec()).collect())
}

/// At most `limit` records that have this value for this purpose.
pub(crate) fn records(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    (purpose, value): (&'static str, Personal),
    limit: u32,
) -> Result<Vec<Key>, Fault> {
    let digests = digests(sealer, (purpose, value))?;
    let found = blind_index::table
        .filter(blind_index::purpose.eq(purpose).and(blind_index::digest.eq_any(digests)))
        .select(blind_index::data_key_id)
        .distinct()
        .limit(limit.into());
    Ok(found.load(conn)?)
}
