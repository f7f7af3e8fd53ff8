//! Appends to the audit log inside a transaction, and reads it.

use diesel::prelude::*;
use madoguchi_domain::audit::{AuditEntry, ChainedEntry, Head, Place};
use madoguchi_domain::secret::SecretKey;

use super::{Conn, free_head};
use crate::audit::row::{AuditRow, HeadRow};
use crate::database::fault::Fault;
use crate::database::schema::{audit_entry, audit_head};

/// Appends the entries to a stream, inside the caller's transaction.
pub(crate) fn append<'a>(
    conn: &mut Conn,
    key: &SecretKey,
    entries: impl IntoIterator<Item = &'a AuditEntry>,
) -> Result<(), Fault> {
    let mut entries = entries.into_iter().peekable();
    if entries.peek().is_none() {
        return Ok(());
    }
    let (rows, head) = AuditRow::chain(key, free_head(conn)?.parse()?, entries);
    for row in &rows {
        diesel::insert_into(audit_entry::table).values(row).execute(conn)?;
    }
    diesel::update(audit_head::table.find(head.place.stream))
        .set((audit_head::seq.eq(head.place.seq), audit_head::link.eq(head.link.to_vec())))
        .execute(conn)?;
    Ok(())
}

pub(crate) fn heads(conn: &mut Conn) -> Result<Vec<Head>, Fault> {
    let rows: Vec<HeadRow> =
        audit_head::table.order(audit_head::stream).select(HeadRow::as_select()).load(conn)?;
    rows.into_iter().map(|row| Ok(row.parse()?)).collect()
}

pub(crate) fn after(conn: &mut Conn, place: Place, limit: u32) -> Result<Vec<ChainedEntry>, Fault> {
    let rows: Vec<AuditRow<'static>> = audit_entry::table
        .filter(audit_entry::stream.eq(place.stream).and(audit_entry::seq.gt(place.seq)))
        .order(audit_entry::seq)
        .limit(limit.into())
        .select(AuditRow::as_select())
        .load(conn)?;
    rows.into_iter().map(|row| Ok(row.parse()?)).collect()
}
