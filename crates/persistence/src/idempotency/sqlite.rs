//! The answers to requests with an idempotency key on SQLite.

use async_trait::async_trait;
use diesel::prelude::*;
use madoguchi_domain::Timestamp;
use madoguchi_domain::change::Committed;
use madoguchi_domain::idempotency::{Replay, RequestKey};
use madoguchi_domain::port::{ReplayStore, StoreError};

use super::row::ReplayRow;
use crate::database::column::Key;
use crate::database::fault::Fault;
use crate::database::schema::idempotency_replay as answers;
use crate::database::sqlite::SqliteStore;
use crate::sqlite::idempotency;

fn find(conn: &mut SqliteConnection, keys: &[RequestKey]) -> Result<Vec<Option<Replay>>, Fault> {
    let one = |key: &RequestKey| {
        let found = answers::table.filter(answers::request_key.eq(Key(key.0)));
        let row = found.select(ReplayRow::as_select()).get_result(conn).optional()?;
        Ok(row.map(ReplayRow::parse).transpose()?)
    };
    keys.iter().map(one).collect()
}

/// Inserts answers that came without a change.
fn record(conn: &mut SqliteConnection, replays: &[Replay]) -> Result<Vec<Committed>, Fault> {
    let one = |replay: &Replay| {
        let insert = diesel::insert_into(answers::table).values(ReplayRow::from(replay));
        let inserted = insert.on_conflict_do_nothing().execute(conn)?;
        Ok(if inserted == 1 { Committed::Moved } else { Committed::Lost })
    };
    replays.iter().map(one).collect()
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
        self.write(move |conn| record(conn, &replays)).await
    }

    async fn delete_before(&self, before: Timestamp, limit: u32) -> Result<usize, StoreError> {
        self.write(move |conn| idempotency::delete_before(conn, before, limit)).await
    }
}
