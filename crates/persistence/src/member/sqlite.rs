//! The levels of members on SQLite.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text};
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::member::MemberId;
use madoguchi_domain::port::StoreError;

use crate::database::fault::Fault;
use crate::database::statement::{Rewrite, rewrite};

/// Writes the level that a passed verdict orders from the bank.
struct SetTarget;

impl Rewrite for SetTarget {
    const TABLE: &'static str = "members";
    const SET: &'static [&'static str] = &["target_level"];
    const WHERE: &'static [&'static str] = &["member_id"];
}

/// Writes a level that the bank confirmed.
struct Confirm;

impl Rewrite for Confirm {
    const TABLE: &'static str = "members";
    const SET: &'static [&'static str] = &["confirmed_level", "confirmed_manually", "target_level"];
    const WHERE: &'static [&'static str] = &["member_id"];
}

pub(crate) fn set_target(
    conn: &mut SqliteConnection,
    member: &MemberId,
    level: &AccountLevel,
) -> Result<(), Fault> {
    let target = level.as_str().into_sql::<Text>();
    let written = rewrite::<SetTarget, _, _>(target, member.expose().into_sql::<Text>());
    one_row(written.execute(conn)?)
}

/// A level is always written to a stored member.
fn one_row(written: usize) -> Result<(), Fault> {
    if written == 1 { Ok(()) } else { Err(StoreError::Corrupt("members.member_id").into()) }
}

pub(crate) fn confirm(
    conn: &mut SqliteConnection,
    member: &MemberId,
    (level, manually): (&AccountLevel, bool),
) -> Result<(), Fault> {
    let levels = (
        level.as_str().into_sql::<Text>(),
        manually.into_sql::<Bool>(),
        None::<&str>.into_sql::<Nullable<Text>>(),
    );
    let written = rewrite::<Confirm, _, _>(levels, member.expose().into_sql::<Text>());
    one_row(written.execute(conn)?)
}
