//! Writes and deletes the answers to requests with an idempotency key.

use diesel::prelude::*;
use madoguchi_domain::Timestamp;
use madoguchi_domain::change::Committed;
use madoguchi_domain::idempotency::Replay;

use super::Conn;
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::schema::idempotent_answer as answers;
use crate::idempotency::row::AnswerRow;

/// Inserts the answer of a change, inside its transaction. The unique key rejects a second one.
pub(crate) fn insert(conn: &mut Conn, replay: Option<&Replay>) -> Result<(), Fault> {
    if let Some(replay) = replay {
        let row = AnswerRow::from(replay);
        diesel::insert_into(answers::table).values(&row).execute(conn)?;
    }
    Ok(())
}

/// Inserts answers that came without a change.
pub(crate) fn record(conn: &mut Conn, replays: &[Replay]) -> Result<Vec<Committed>, Fault> {
    // All batches write index entries in the same order, so that two of them cannot deadlock.
    let mut order: Vec<_> = (0..replays.len()).collect();
    order.sort_by_key(|at| replays[*at].request.key);
    let mut committed = vec![Committed::Lost; replays.len()];
    for at in order {
        let insert = diesel::insert_into(answers::table).values(AnswerRow::from(&replays[at]));
        if insert.on_conflict_do_nothing().execute(conn)? == 1 {
            committed[at] = Committed::Moved;
        }
    }
    Ok(committed)
}

pub(crate) fn delete_before(
    conn: &mut Conn,
    before: Timestamp,
    limit: u32,
) -> Result<usize, Fault> {
    let oldest = answers::table.filter(answers::at.lt(At::from(before))).order(answers::at);
    let oldest: Vec<Key> = oldest.limit(limit.into()).select(answers::request_key).load(conn)?;
    let expired = answers::table.filter(answers::request_key.eq_any(oldest));
    Ok(diesel::delete(expired).execute(conn)?)
}
