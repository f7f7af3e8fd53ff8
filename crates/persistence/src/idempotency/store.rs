//! Writes and deletes the answers to requests with an idempotency key.

use diesel::prelude::*;
use madoguchi_domain::Timestamp;
use madoguchi_domain::idempotency::Replay;

use super::Conn;
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::schema::idempotency_replay as answers;
use crate::idempotency::row::ReplayRow;

/// Inserts the answer of a change, inside its transaction. The unique key rejects a second one.
pub(crate) fn insert(conn: &mut Conn, replay: Option<&Replay>) -> Result<(), Fault> {
    if let Some(replay) = replay {
        let row = ReplayRow::from(replay);
        diesel::insert_into(answers::table).values(&row).execute(conn)?;
    }
    Ok(())
}

/// Deletes the oldest answers to requests from before a time, at most `limit`.
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
