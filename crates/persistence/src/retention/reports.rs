//! The lists of what retention kept unanswered, and of what it purged.

use async_trait::async_trait;
use diesel::prelude::*;
use madoguchi_domain::port::{RetentionReports, StoreError};
use madoguchi_domain::retention::{PurgeReceipt, ReceiptQuery, RetainedContact, UnansweredQuery};

use super::retention_due::unanswered;
use super::{Conn, Store};
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::schema::purge_receipt;
use crate::retention::row::ReceiptRow;

#[async_trait]
impl RetentionReports for Store {
    async fn unanswered(
        &self,
        query: &UnansweredQuery,
    ) -> Result<Vec<RetainedContact>, StoreError> {
        let query = query.clone();
        self.read(move |conn| unanswered(conn, &query)).await
    }

    async fn receipts(&self, query: &ReceiptQuery) -> Result<Vec<PurgeReceipt>, StoreError> {
        let query = query.clone();
        self.read(move |conn| receipts(conn, &query)).await
    }
}

fn receipts(conn: &mut Conn, query: &ReceiptQuery) -> Result<Vec<PurgeReceipt>, Fault> {
    let (at, id) = (purge_receipt::purged_at, purge_receipt::contact_id);
    let mut rows = purge_receipt::table
        .select(ReceiptRow::as_select())
        .order((at.desc(), id.desc()))
        .limit(query.limit.into())
        .into_boxed();
    if let Some(contact) = query.contact {
        rows = rows.filter(id.eq(Key(contact.0)));
    }
    if let Some(from) = query.from {
        rows = rows.filter(at.ge(At::from(from)));
    }
    if let Some(before) = query.before {
        rows = rows.filter(at.lt(At::from(before)));
    }
    if let Some(after) = query.after {
        let (last, key) = (At::from(after.at), Key(after.id));
        rows = rows.filter(at.le(last)).filter(at.lt(last).or(id.lt(key)));
    }
    let rows: Vec<ReceiptRow> = rows.load(conn)?;
    Ok(rows.into_iter().map(ReceiptRow::parse).collect::<Result<_, _>>()?)
}
