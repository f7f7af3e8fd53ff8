//! Blind indexes of the records of every system.

use diesel::prelude::*;
use madoguchi_domain::personal::Personal;
use madoguchi_domain::port::Sealer;
use madoguchi_domain::sealed::DataKeyId;

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
    let record = Key(record.0);
    diesel::delete(blind_index::table.filter(blind_index::data_key_id.eq(record))).execute(conn)?;
    let indexes = sealer.blind_indexes(values).map_err(|why| store_error(why, ""))?;
    for ((purpose, _), indexes) in values.iter().zip(indexes) {
        for index in indexes {
            let row = IndexRow {
                purpose: (*purpose).into(),
                digest: index.digest.to_vec(),
                data_key_id: record,
                key_id: index.key.as_str().to_owned(),
            };
            diesel::insert_into(blind_index::table).values(&row).execute(conn)?;
        }
    }
    Ok(())
}

/// At most `limit` records that have this value for this purpose.
pub(crate) fn records(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    (purpose, value): (&'static str, Personal),
    limit: u32,
) -> Result<Vec<Key>, Fault> {
    let indexes = sealer.blind_indexes(&[(purpose, value)]).map_err(|why| store_error(why, ""))?;
    let digests: Vec<_> = indexes.iter().flatten().map(|index| index.digest.to_vec()).collect();
    let found = blind_index::table
        .filter(blind_index::purpose.eq(purpose).and(blind_index::digest.eq_any(digests)))
        .select(blind_index::data_key_id)
        .distinct()
        .limit(limit.into());
    Ok(found.load(conn)?)
}
