//! The answers to requests with an idempotency key on PostgreSQL: a batch in one statement.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use madoguchi_domain::Timestamp;
use madoguchi_domain::change::Committed;
use madoguchi_domain::idempotency::{Replay, RequestKey};
use madoguchi_domain::port::{ReplayStore, StoreError};

use super::row::ReplayRow;
use crate::database::column::Key;
use crate::database::fault::Fault;
use crate::database::postgres::PgStore;
use crate::database::schema::Id;
use crate::database::statement::{Columns, Part, Script, array, statement};
use crate::postgres::idempotency;

/// Inserts the answers of changes.
struct Insert;

impl Script for Insert {
    const HEAD: &'static [Part] = &[
        Part::Sql("insert into idempotency_replay ("),
        Part::Columns(ReplayRow::COLUMNS),
        Part::Sql(") select * from unnest("),
    ];
    const TAIL: &'static [Part] = &[Part::Sql(")")];
    type Row = ();
}

/// Inserts the answers of changes, inside their transaction. The unique key rejects a second one.
pub(crate) async fn insert<'a>(
    conn: &mut AsyncPgConnection,
    replays: impl Iterator<Item = &'a Replay> + Send,
) -> Result<(), Fault> {
    let rows = in_order(replays);
    if !rows.is_empty() {
        statement::<Insert, _>(ReplayRow::arrays(&rows)).execute(conn).await?;
    }
    Ok(())
}

/// Inserts answers that came without a change; returns the keys that were inserted.
struct Record;

impl Script for Record {
    const HEAD: &'static [Part] = Insert::HEAD;
    const TAIL: &'static [Part] = &[Part::Sql(") on conflict do nothing returning request_key")];
    type Row = (Id,);
}

async fn record(conn: &mut AsyncPgConnection, replays: &[Replay]) -> Result<Vec<Committed>, Fault> {
    let rows = in_order(replays.iter());
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let recorded = statement::<Record, _>(ReplayRow::arrays(&rows));
    let recorded: Vec<(Key,)> = recorded.load(conn).await?;
    // Of two answers with one key in the batch, the first one is inserted.
    let mut recorded: HashSet<_> = recorded.into_iter().map(|(key,)| key).collect();
    let committed =
        replays.iter().map(|replay| match recorded.remove(&Key(replay.request.key.0)) {
            true => Committed::Moved,
            false => Committed::Lost,
        });
    Ok(committed.collect())
}

/// Rows in the order of their keys: all batches write index entries in the same order, so that two
/// of them cannot deadlock.
fn in_order<'a>(replays: impl Iterator<Item = &'a Replay>) -> Vec<ReplayRow> {
    let mut rows: Vec<_> = replays.map(ReplayRow::from).collect();
    rows.sort_by_key(|row| row.request_key);
    rows
}

/// The answers of keys.
struct Find;

impl Script for Find {
    const HEAD: &'static [Part] = &[
        Part::Sql("select "),
        Part::Columns(ReplayRow::COLUMNS),
        Part::Sql(" from idempotency_replay where request_key = any("),
    ];
    const TAIL: &'static [Part] = &[Part::Sql(")")];
    type Row = <ReplayRow as Columns>::Sql;
}

async fn find(
    conn: &mut AsyncPgConnection,
    keys: &[RequestKey],
) -> Result<Vec<Option<Replay>>, Fault> {
    let found = statement::<Find, _>((array!(keys, Id, |key| Key(key.0)),));
    let rows: Vec<ReplayRow> = found.load(conn).await?;
    let of = |row: ReplayRow| Ok((row.request_key.0, row.parse()?));
    let found: HashMap<_, Replay> = rows.into_iter().map(of).collect::<Result<_, StoreError>>()?;
    Ok(keys.iter().map(|key| found.get(&key.0).cloned()).collect())
}

#[async_trait]
impl ReplayStore for PgStore {
    async fn find(&self, keys: &[RequestKey]) -> Result<Vec<Option<Replay>>, StoreError> {
        self.query(async |conn| find(conn, keys).await).await
    }

    async fn record(&self, replays: &[Replay]) -> Result<Vec<Committed>, StoreError> {
        let attempt = || self.transact(async |conn| record(conn, replays).await);
        self.repeating(attempt).await.map_err(Fault::report)
    }

    async fn delete_before(&self, before: Timestamp, limit: u32) -> Result<usize, StoreError> {
        self.write(move |conn| idempotency::delete_before(conn, before, limit)).await
    }
}
