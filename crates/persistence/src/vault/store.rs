//! The store of data keys and key reports.

use async_trait::async_trait;
use diesel::dsl::count_star;
use diesel::prelude::*;
use madoguchi_domain::Timestamp;
use madoguchi_domain::change::Committed;
use madoguchi_domain::key_ring::{HeldKey, KeyReport, NodeId};
use madoguchi_domain::port::{DataKeyPage, DataKeys, Rewrapping, StoreError};
use madoguchi_domain::sealed::{DataKeyId, KeyId, WrappedKey};

use super::{Conn, Store};
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::schema::{data_key, key_report};
use crate::vault::row::{DataKeyRow, KeyReportRow, counts, first_after};

#[async_trait]
impl DataKeys for Store {
    async fn counts(&self) -> Result<Vec<(KeyId, u64)>, StoreError> {
        self.read(|conn| {
            let rows: Vec<(String, i64)> = data_key::table
                .group_by(data_key::key_id)
                .select((data_key::key_id, count_star()))
                .order(data_key::key_id)
                .load(conn)?;
            counts(rows, "data_key.key_id")
        })
        .await
    }

    async fn page(&self, page: &DataKeyPage) -> Result<Vec<(DataKeyId, WrappedKey)>, StoreError> {
        let DataKeyPage { not_under, after, limit } = page.clone();
        self.read(move |conn| {
            let Some(first) = first_after(after) else {
                return Ok(Vec::new());
            };
            // No data key has an empty key id.
            let not_under = not_under.as_ref().map_or("", KeyId::as_str);
            let rows: Vec<DataKeyRow> = data_key::table
                .filter(data_key::data_key_id.ge(first).and(data_key::key_id.ne(not_under)))
                .order(data_key::data_key_id)
                .limit(limit.into())
                .select(DataKeyRow::as_select())
                .load(conn)?;
            rows.into_iter().map(|row| Ok(row.parse()?)).collect()
        })
        .await
    }

    async fn rewrap(&self, rewrappings: &[Rewrapping]) -> Result<Vec<Committed>, StoreError> {
        let rewrappings = rewrappings.to_vec();
        // All batches lock rows in the same order, so that two of them cannot deadlock.
        let mut order: Vec<_> = (0..rewrappings.len()).collect();
        order.sort_by_key(|at| rewrappings[*at].id);
        self.write(move |conn| {
            let mut committed = vec![Committed::Lost; rewrappings.len()];
            for at in &order {
                committed[*at] = rewrap(conn, &rewrappings[*at])?;
            }
            Ok(committed)
        })
        .await
    }

    async fn report(
        &self,
        node: &NodeId,
        keys: &[HeldKey],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let node = node.clone();
        let rows: Vec<_> = keys.iter().map(|key| KeyReportRow::new(&node, key, at)).collect();
        let oldest = At::from(at.checked_sub(KeyReport::KEPT_FOR).unwrap_or(Timestamp::MIN));
        self.write(move |conn| {
            let replaced = key_report::node.eq(node.as_str()).or(key_report::at.lt(oldest));
            diesel::delete(key_report::table.filter(replaced)).execute(conn)?;
            for row in &rows {
                diesel::insert_into(key_report::table).values(row).execute(conn)?;
            }
            Ok(())
        })
        .await
    }

    async fn reports(&self) -> Result<Vec<KeyReport>, StoreError> {
        self.read(|conn| {
            let rows: Vec<KeyReportRow> =
                key_report::table.select(KeyReportRow::as_select()).load(conn)?;
            rows.into_iter().map(|row| Ok(row.parse()?)).collect()
        })
        .await
    }
}

fn rewrap(conn: &mut Conn, Rewrapping { id, from, to }: &Rewrapping) -> Result<Committed, Fault> {
    let as_read =
        data_key::key_id.eq(from.key.as_str()).and(data_key::wrapped.eq(from.bytes.as_slice()));
    let written = diesel::update(data_key::table.find(Key(id.0)).filter(as_read))
        .set((data_key::key_id.eq(to.key.as_str()), data_key::wrapped.eq(to.bytes.as_slice())))
        .execute(conn)?;
    Ok(if written == 1 { Committed::Moved } else { Committed::Lost })
}
