//! The audit log on SQLite: one stream, extended by the writer connection.

use diesel::prelude::*;
use madoguchi_domain::audit::{AuditEntry, ChainedEntry, Head, Place};
use madoguchi_domain::secret::SecretKey;

use crate::fault::Fault;
use crate::rows::{AuditRow, HeadRow};
use crate::schema::{audit_entry, audit_head};

/// Appends the entries to the stream, inside the caller's transaction.
pub(super) fn append<'a>(
    conn: &mut SqliteConnection,
    key: &SecretKey,
    entries: impl IntoIterator<Item = &'a AuditEntry>,
) -> Result<(), Fault> {
    let mut entries = entries.into_iter().peekable();
    if entries.peek().is_none() {
        return Ok(());
    }
    let head: HeadRow = audit_head::table.select(HeadRow::as_select()).get_result(conn)?;
    let (rows, head) = AuditRow::chain(key, head.parse()?, entries);
    for row in &rows {
        diesel::insert_into(audit_entry::table).values(row).execute(conn)?;
    }
    diesel::update(audit_head::table.find(head.place.stream))
        .set((audit_head::seq.eq(head.place.seq), audit_head::link.eq(head.link.to_vec())))
        .execute(conn)?;
    Ok(())
}

pub(super) fn heads(conn: &mut SqliteConnection) -> Result<Vec<Head>, Fault> {
    let rows: Vec<HeadRow> =
        audit_head::table.order(audit_head::stream).select(HeadRow::as_select()).load(conn)?;
    rows.into_iter().map(|row| Ok(row.parse()?)).collect()
}

pub(super) fn after(
    conn: &mut SqliteConnection,
    place: Place,
    limit: u32,
) -> Result<Vec<ChainedEntry>, Fault> {
    let rows: Vec<AuditRow<'_>> = audit_entry::table
        .filter(audit_entry::stream.eq(place.stream).and(audit_entry::seq.gt(place.seq)))
        .order(audit_entry::seq)
        .limit(limit.into())
        .select(AuditRow::as_select())
        .load(conn)?;
    rows.into_iter().map(|row| Ok(row.parse()?)).collect()
}
