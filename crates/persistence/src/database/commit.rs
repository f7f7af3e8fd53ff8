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
        let written = Connection::transaction(conn, |conn| {
            let is_written = write(conn, change)?;
            if is_written {
                effect::plan(conn, &change.effects)?;
                idempotency::insert(conn, change.replay.as_ref())?;
            }
            Ok(is_written)
        });
        committed.push(match written {
            Ok(true) => Committed::Moved,
            Ok(false) => Committed::Lost,
            Err(fault) if Fault::is_taken(&fault) => Committed::Lost,
            Err(fault) => return Err(fault),
        });
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
    let written = Connection::transaction(conn, |conn| {
        let committed = commit(conn, changes, key, write)?;
        let is_lost = committed.contains(&Committed::Lost);
        if is_lost { Err(Fault::Driver(Error::RollbackTransaction)) } else { Ok(Committed::Moved) }
    });
    match written {
        Err(Fault::Driver(Error::RollbackTransaction)) => Ok(Committed::Lost),
        other => other,
    }
}
