//! The answers to requests with an idempotency key on SQLite.

use async_trait::async_trait;
use diesel::prelude::*;
use madoguchi_domain::Timestamp;
use madoguchi_domain::change::Committed;
use madoguchi_domain::idempotency::{Replay, RequestKey};
use madoguchi_domain::port::{ReplayStore, StoreError};

use super::row::AnswerRow;
use crate::database::column::Key;
use crate::database::fault::Fault;
use crate::database::schema::idempotent_answer as answers;
use crate::database::sqlite::SqliteStore;
use crate::sqlite::idempotency;

fn find(conn: &mut SqliteConnection, keys: &[RequestKey]) -> Result<Vec<Option<Replay>>, Fault> {
    let one = |key: &RequestKey| {
        let found = answers::table.filter(answers::request_key.eq(Key(key.0)));
        let row = found.select(AnswerRow::as_select()).get_result(conn).optional()?;
        Ok(row.map(AnswerRow::parse).transpose()?)
    };
    keys.iter().map(one).collect()
}

#[async_trait]
impl ReplayStore for SqliteStore {
    async fn find(&self, keys: &[RequestKey]) -> Result<Vec<Option<Replay>>, StoreError> {
        let keys = keys.to_vec();
        if keys.len() > 1 {
            // A batch is written next.
            return self.read_before_write(move |conn| find(conn, &keys)).await;
        }
        self.read(move |conn| find(conn, &keys)).await
    }

    async fn record(&self, replays: &[Replay]) -> Result<Vec<Committed>, StoreError> {
        let replays = replays.to_vec();
        self.write(move |conn| idempotency::record(conn, &replays)).await
    }

    async fn delete_before(&self, before: Timestamp, limit: u32) -> Result<usize, StoreError> {
        self.write(move |conn| idempotency::delete_before(conn, before, limit)).await
    }
}
