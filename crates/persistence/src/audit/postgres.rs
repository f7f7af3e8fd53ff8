//! The audit log on PostgreSQL: a batch extends any free stream.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use madoguchi_domain::audit::{AuditEntry, ChainedEntry, Head, Place};
use madoguchi_domain::port::{AuditLog, DownReason, Health, StoreError};
use madoguchi_domain::secret::SecretKey;

use super::row::{AuditRow, HeadRow};
use crate::database::fault::Fault;
use crate::database::postgres::PgStore;
use crate::database::schema::audit_head;
use crate::database::statement::{Columns, Part, Script, statement};
use crate::postgres::audit;

/// Appends rows to one stream and updates its head.
struct Append;

impl Script for Append {
    const HEAD: &'static [Part] = &[Part::Sql("with input as (select * from unnest(")];
    const TAIL: &'static [Part] = &[
        Part::Sql(") as i ("),
        Part::Columns(AuditRow::COLUMNS),
        Part::Sql(
            ")), head as (update audit_head h set seq = i.seq, link = i.link from input i \
             where h.stream = i.stream and i.seq = (select max(seq) from input)) \
             insert into audit_entry (",
        ),
        Part::Columns(AuditRow::COLUMNS),
        Part::Sql(") select * from input"),
    ];
    type Row = ();
}

/// Appends the entries to a stream, inside the caller's transaction. Uses a stream that is not
/// locked; waits only if all are locked.
pub(crate) async fn append<'a>(
    conn: &mut AsyncPgConnection,
    key: &SecretKey,
    entries: impl IntoIterator<Item = &'a AuditEntry> + Send,
) -> Result<(), Fault> {
    let entries: Vec<&AuditEntry> = entries.into_iter().collect();
    if entries.is_empty() {
        return Ok(());
    }
    let heads = || audit_head::table.select(HeadRow::as_select()).order(audit_head::stream);
    let free: Option<HeadRow> =
        heads().for_update().skip_locked().limit(1).get_result(conn).await.optional()?;
    let head = match free {
        Some(head) => head,
        None => heads().for_update().limit(1).get_result(conn).await?,
    };
    let (rows, _) = AuditRow::chain(key, head.parse()?, entries);
    statement::<Append, _>(AuditRow::arrays(&rows)).execute(conn).await?;
    Ok(())
}

#[async_trait]
impl AuditLog for PgStore {
    async fn append(&self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        let attempt = || self.transact(async |conn| append(conn, &self.audit_key, entries).await);
        self.repeating(attempt).await.map_err(Fault::report)
    }

    async fn heads(&self) -> Result<Vec<Head>, StoreError> {
        self.read(audit::heads).await
    }

    async fn after(&self, place: Place, limit: u32) -> Result<Vec<ChainedEntry>, StoreError> {
        self.read(move |conn| audit::after(conn, place, limit)).await
    }
}

#[async_trait]
impl Health for PgStore {
    fn name(&self) -> &'static str {
        "store"
    }

    async fn check(&self) -> Result<(), DownReason> {
        self.probe().await
    }
}
