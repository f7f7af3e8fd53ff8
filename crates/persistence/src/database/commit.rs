//! Commits changes of aggregates that are not hot, inside the caller's transaction.

use diesel::Connection;
use diesel::result::Error;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::secret::SecretKey;

use super::{Conn, audit, effect, idempotency};
use crate::database::fault::Fault;

/// Writes each change under a savepoint of its own, so that a lost one does not affect the others.
/// `write` writes the rows of its system, and returns whether the version check passed: if not, it
/// must have written nothing. A change is also lost if a unique index rejects one of its rows.
pub(crate) fn commit<W>(
    conn: &mut Conn,
    changes: &[Change<W>],
    key: &SecretKey,
    write: impl Fn(&mut Conn, &Change<W>) -> Result<bool, Fault>,
) -> Result<Vec<Committed>, Fault> {
    let mut committed = Vec::with_capacity(changes.len());
    for change in changes {
        committed.push(unless_lost(conn, |conn| written(conn, change, &write))?);
    }
    let moved = changes.iter().zip(&committed).filter(|(_, it)| **it == Committed::Moved);
    audit::append(conn, key, moved.map(|(change, _)| &change.audit))?;
    Ok(committed)
}

/// As [`commit`], all changes or none: one lost change undoes the others.
pub(crate) fn commit_all<W>(
    conn: &mut Conn,
    changes: &[Change<W>],
    key: &SecretKey,
    write: impl Fn(&mut Conn, &Change<W>) -> Result<bool, Fault>,
) -> Result<Committed, Fault> {
    let write_all = |conn: &mut Conn| changes.iter().try_for_each(|it| written(conn, it, &write));
    let committed = unless_lost(conn, write_all)?;
    if committed == Committed::Moved {
        audit::append(conn, key, changes.iter().map(|change| &change.audit))?;
    }
    Ok(committed)
}

/// Writes the rows of a change, except its audit row.
fn written<W>(
    conn: &mut Conn,
    change: &Change<W>,
    write: impl Fn(&mut Conn, &Change<W>) -> Result<bool, Fault>,
) -> Result<(), Fault> {
    if !write(conn, change)? {
        return Err(Fault::Driver(Error::RollbackTransaction));
    }
    effect::plan(conn, &change.effects)?;
    idempotency::insert(conn, change.replay.as_ref())
}

/// Does the work under one savepoint, and undoes it if it is lost: if a version check failed, or a
/// unique index rejected a row.
fn unless_lost(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<(), Fault>,
) -> Result<Committed, Fault> {
    match Connection::transaction(conn, work) {
        Ok(()) => Ok(Committed::Moved),
        Err(Fault::Driver(Error::RollbackTransaction)) => Ok(Committed::Lost),
        Err(fault) if Fault::is_taken(&fault) => Ok(Committed::Lost),
        Err(fault) => Err(fault),
    }
}
