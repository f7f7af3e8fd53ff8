//! The audit log on PostgreSQL: a batch extends any free stream.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use madoguchi_domain::audit::{AuditEntry, ChainedEntry, Head, Place};
use madoguchi_domain::secret::SecretKey;

use crate::fault::Fault;
use crate::rows::{AuditRow, HeadRow};
use crate::schema::{Instant, audit_entry, audit_head};
use crate::statement::{Script, array, statement};

/// Appends rows to one stream and updates its head.
struct Append;

impl Script for Append {
    const HEAD: &'static str = "with input as (select * from unnest(";
    const TAIL: &'static str = ") as i (stream, seq, action, about_kind, about_id, detail, \
        actor_issuer, actor_subject, actor_kind, at, correlation, link)), \
        head as (update audit_head h set seq = i.seq, link = i.link from input i \
            where h.stream = i.stream and i.seq = (select max(seq) from input)) \
        insert into audit_entry (stream, seq, action, about_kind, about_id, detail, \
            actor_issuer, actor_subject, actor_kind, at, correlation, link) \
        select stream, seq, action, about_kind, about_id, detail, \
            actor_issuer, actor_subject, actor_kind, at, correlation, link from input";
    type Row = ();
}

/// Appends the entries to a stream, inside the caller's transaction. Uses a stream that is not
/// locked; waits only if all are locked.
pub(super) async fn append<'a>(
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
    statement::<Append, _>((
        array!(rows, Integer, |row| row.stream),
        array!(rows, BigInt, |row| row.seq),
        array!(rows, Text, |row| &*row.action),
        array!(rows, Text, |row| &*row.about_kind),
        array!(rows, Text, |row| &*row.about_id),
        array!(rows, Text, |row| &*row.detail),
        array!(rows, Text, |row| &*row.actor_issuer),
        array!(rows, Text, |row| &*row.actor_subject),
        array!(rows, Text, |row| &*row.actor_kind),
        array!(rows, Instant, |row| row.at),
        array!(rows, Text, |row| &*row.correlation),
        array!(rows, Binary, |row| &*row.link),
    ))
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn heads(conn: &mut AsyncPgConnection) -> Result<Vec<Head>, Fault> {
    let heads = audit_head::table.order(audit_head::stream).select(HeadRow::as_select());
    let rows: Vec<HeadRow> = heads.load(conn).await?;
    rows.into_iter().map(|row| Ok(row.parse()?)).collect()
}

pub(super) async fn after(
    conn: &mut AsyncPgConnection,
    place: Place,
    limit: u32,
) -> Result<Vec<ChainedEntry>, Fault> {
    let rows: Vec<AuditRow<'static>> = audit_entry::table
        .filter(audit_entry::stream.eq(place.stream).and(audit_entry::seq.gt(place.seq)))
        .order(audit_entry::seq)
        .limit(limit.into())
        .select(AuditRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter().map(|row| Ok(row.parse()?)).collect()
}
