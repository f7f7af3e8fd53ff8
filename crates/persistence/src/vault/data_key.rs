//! Writes and reads data keys inside the transaction of the records that they belong to.

use diesel::prelude::*;
use madoguchi_domain::sealed::{DataKeyId, WrappedKey};

use super::Conn;
use crate::database::column::Key;
use crate::database::fault::Fault;
use crate::database::schema::data_key;
use crate::vault::row::DataKeyRow;

/// Inserts the data key of a new record.
pub(crate) fn insert(conn: &mut Conn, id: DataKeyId, key: &WrappedKey) -> Result<(), Fault> {
    diesel::insert_into(data_key::table).values(DataKeyRow::from((id, key))).execute(conn)?;
    Ok(())
}

/// The data key of this id, unless it was erased.
pub(crate) fn find(conn: &mut Conn, id: DataKeyId) -> Result<Option<WrappedKey>, Fault> {
    let found = data_key::table.find(Key(id.0)).select(DataKeyRow::as_select());
    let row: Option<DataKeyRow> = found.get_result(conn).optional()?;
    Ok(row.map(DataKeyRow::parse).transpose()?.map(|(_, key)| key))
}
