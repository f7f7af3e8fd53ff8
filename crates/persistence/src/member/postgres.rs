//! The levels of members on PostgreSQL: a batch in one statement.

use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::member::MemberId;
use madoguchi_domain::port::StoreError;

use crate::database::fault::Fault;
use crate::database::statement::{Part, Script, array, statement};

/// Writes the levels that passed verdicts order from the bank.
struct SetTarget;

impl Script for SetTarget {
    const HEAD: &'static [Part] =
        &[Part::Sql("update members m set target_level = i.level from unnest(")];
    const TAIL: &'static [Part] =
        &[Part::Sql(") as i (member_id, level) where m.member_id = i.member_id")];
    type Row = ();
}

/// Writes levels that the bank confirmed.
struct Confirm;

impl Script for Confirm {
    const HEAD: &'static [Part] = &[Part::Sql(
        "update members m set confirmed_level = i.level, target_level = null from unnest(",
    )];
    const TAIL: &'static [Part] = SetTarget::TAIL;
    type Row = ();
}

/// A member and a level.
type Level<'a> = (&'a MemberId, &'a AccountLevel);

pub(crate) async fn set_targets(
    conn: &mut AsyncPgConnection,
    levels: Vec<Level<'_>>,
) -> Result<(), Fault> {
    write::<SetTarget>(conn, levels).await
}

pub(crate) async fn confirm(
    conn: &mut AsyncPgConnection,
    levels: Vec<Level<'_>>,
) -> Result<(), Fault> {
    write::<Confirm>(conn, levels).await
}

async fn write<S: Script<Row = ()> + Send + Sync>(
    conn: &mut AsyncPgConnection,
    mut levels: Vec<Level<'_>>,
) -> Result<(), Fault> {
    if levels.is_empty() {
        return Ok(());
    }
    // All batches lock rows in the same order, so that two of them cannot deadlock.
    levels.sort_by_key(|(member, _)| *member);
    let members = levels.chunk_by(|one, next| one.0 == next.0).count();
    let update = statement::<S, _>((
        array!(levels, Text, |row| row.0.expose()),
        array!(levels, Text, |row| row.1.as_str()),
    ));
    // A level is always written to a stored member.
    let is_complete = update.execute(conn).await? == members;
    if is_complete { Ok(()) } else { Err(StoreError::Corrupt("members.member_id").into()) }
}
