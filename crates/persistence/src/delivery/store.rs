//! The store of the delivery watch and of bounces.

use async_trait::async_trait;
use diesel::prelude::*;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::delivery::{Bounce, BounceWrite, WatchEntry, WatchQuery};
use madoguchi_domain::mail::MailId;
use madoguchi_domain::port::{DeliveryStore, StoreError};

use super::commit::commit;
use super::{Conn, Store, watching};
use crate::database::column::Key;
use crate::database::fault::Fault;
use crate::database::schema::bounce;
use crate::delivery::row::BounceRow;

#[async_trait]
impl DeliveryStore for Store {
    async fn watch(&self, query: &WatchQuery) -> Result<Vec<WatchEntry>, StoreError> {
        let query = query.clone();
        self.read(move |conn| watching::page(conn, &query)).await
    }

    async fn bounce(&self, mail: MailId) -> Result<Option<Bounce>, StoreError> {
        let read = move |conn: &mut Conn| {
            let row = bounce::table.find(Key(mail.0)).select(BounceRow::as_select());
            let row: Option<BounceRow> = row.get_result(conn).optional()?;
            Ok(row.map(BounceRow::parse).transpose()?)
        };
        self.read(read).await
    }

    async fn commit(&self, changes: &[Change<BounceWrite>]) -> Result<Vec<Committed>, StoreError> {
        let (changes, key) = (changes.to_vec(), self.audit_key.clone());
        self.write(move |conn| commit(conn, &changes, &key, write)).await
    }
}

/// Inserts a bounce, unless its mail has one. The primary key decides between two that are inserted
/// at the same moment.
fn write(conn: &mut Conn, change: &Change<BounceWrite>) -> Result<bool, Fault> {
    let BounceWrite(new) = &change.write;
    let known = bounce::table.find(Key(new.mail.0)).count().get_result::<i64>(conn)?;
    if known > 0 {
        return Ok(false);
    }
    diesel::insert_into(bounce::table).values(&BounceRow::from(new)).execute(conn)?;
    Ok(true)
}
