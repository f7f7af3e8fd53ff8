//! The levels of members on PostgreSQL: a batch in one statement.

use diesel::sql_types::{Bool, Text};
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

/// Writes levels that were confirmed.
struct Confirm;

impl Script for Confirm {
    const HEAD: &'static [Part] = &[Part::Sql(
        "update members m set confirmed_level = i.level, confirmed_manually = i.manually, \
         target_level = null from unnest(",
    )];
    const TAIL: &'static [Part] =
        &[Part::Sql(") as i (member_id, level, manually) where m.member_id = i.member_id")];
    type Row = ();
}

/// Writes members' levels. All batches lock rows in the same order, so that two of them cannot
/// deadlock.
pub(crate) async fn set_targets(
    conn: &mut AsyncPgConnection,
    mut levels: Vec<(&MemberId, &AccountLevel)>,
) -> Result<(), Fault> {
    if levels.is_empty() {
        return Ok(());
    }
    levels.sort_by_key(|row| row.0);
    let members = levels.chunk_by(|one, next| one.0 == next.0).count();
    let update = statement::<SetTarget, _>((
        array!(levels, Text, |row| row.0.expose()),
        array!(levels, Text, |row| row.1.as_str()),
    ));
    all_rows(update.execute(conn).await?, members)
}

/// As [`set_targets`], for levels that were confirmed, and whether by two people.
pub(crate) async fn confirm(
    conn: &mut AsyncPgConnection,
    mut levels: Vec<(&MemberId, &AccountLevel, bool)>,
) -> Result<(), Fault> {
    if levels.is_empty() {
        return Ok(());
    }
    levels.sort_by_key(|row| row.0);
    let members = levels.chunk_by(|one, next| one.0 == next.0).count();
    let update = statement::<Confirm, _>((
        array!(levels, Text, |row| row.0.expose()),
        array!(levels, Text, |row| row.1.as_str()),
        array!(levels, Bool, |row| row.2),
    ));
    all_rows(update.execute(conn).await?, members)
}

/// A level is always written to a stored member.
fn all_rows(written: usize, members: usize) -> Result<(), Fault> {
    if written == members { Ok(()) } else { Err(StoreError::Corrupt("members.member_id").into()) }
}
