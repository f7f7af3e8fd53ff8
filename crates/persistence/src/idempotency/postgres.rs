//! The answers to requests with an idempotency key on PostgreSQL: a batch in one statement.

use std::collections::HashMap;

use async_trait::async_trait;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use madoguchi_domain::Timestamp;
use madoguchi_domain::change::Committed;
use madoguchi_domain::idempotency::{Replay, RequestKey};
use madoguchi_domain::port::{ReplayStore, StoreError};

use super::row::AnswerRow;
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
        Part::Sql("insert into idempotent_answer ("),
        Part::Columns(AnswerRow::COLUMNS),
        Part::Sql(") select * from unnest("),
    ];
    const TAIL: &'static [Part] = &[Part::Sql(")")];
    type Row = ();
}

/// Inserts the answers of changes, inside their transaction. The unique key rejects a second one.
pub(crate) async fn insert(
    conn: &mut AsyncPgConnection,
    replays: impl Iterator<Item = &Replay> + Send,
) -> Result<(), Fault> {
    let mut rows: Vec<_> = replays.map(AnswerRow::from).collect();
    // All batches write index entries in the same order, so that two of them cannot deadlock.
    rows.sort_by_key(|row| row.request_key);
    if !rows.is_empty() {
        statement::<Insert, _>(AnswerRow::arrays(&rows)).execute(conn).await?;
    }
    Ok(())
}

/// The answers of keys.
struct Find;

impl Script for Find {
    const HEAD: &'static [Part] = &[
        Part::Sql("select "),
        Part::Columns(AnswerRow::COLUMNS),
        Part::Sql(" from idempotent_answer where request_key = any("),
    ];
    const TAIL: &'static [Part] = &[Part::Sql(")")];
    type Row = <AnswerRow as Columns>::Sql;
}

async fn find(
    conn: &mut AsyncPgConnection,
    keys: &[RequestKey],
) -> Result<Vec<Option<Replay>>, Fault> {
    let found = statement::<Find, _>((array!(keys, Id, |key| Key(key.0)),));
    let rows: Vec<AnswerRow> = found.load(conn).await?;
    let of = |row: AnswerRow| Ok((row.request_key.0, row.parse()?));
    let found: HashMap<_, Replay> = rows.into_iter().map(of).collect::<Result<_, StoreError>>()?;
    Ok(keys.iter().map(|key| found.get(&key.0).cloned()).collect())
}

#[async_trait]
impl ReplayStore for PgStore {
    async fn find(&self, keys: &[RequestKey]) -> Result<Vec<Option<Replay>>, StoreError> {
        self.query(async |conn| find(conn, keys).await).await
    }

    async fn record(&self, replays: &[Replay]) -> Result<Vec<Committed>, StoreError> {
        let replays = replays.to_vec();
        self.write(move |conn| idempotency::record(conn, &replays)).await
    }

    async fn delete_before(&self, before: Timestamp, limit: u32) -> Result<usize, StoreError> {
        self.write(move |conn| idempotency::delete_before(conn, before, limit)).await
    }
}
