//! Loads case snapshots on SQLite.

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use madoguchi_domain::upgrade::{
    CaseId, CaseKey, CheckReference, CheckSource, FoundCase, Lookup, SetLevel, StateName,
};

use crate::database::column::Key;
use crate::database::fault::Fault;
use crate::database::schema::{Id, members, upgrade_case, upgrade_check, upgrade_qr};
use crate::database::statement::{Columns, Part, Script, statement};
use crate::effect::row::{OrderRow, StateRow};
use crate::member::row::MemberRow;
use crate::upgrade::row::{CaseRow, key};
use crate::upgrade::snapshot::{EffectRow, SnapshotRow, found_case};

pub(super) fn load(
    conn: &mut SqliteConnection,
    lookups: &[Lookup],
) -> Result<Vec<Option<FoundCase>>, Fault> {
    lookups.iter().map(|lookup| one(conn, lookup)).collect()
}

fn one(conn: &mut SqliteConnection, lookup: &Lookup) -> Result<Option<FoundCase>, Fault> {
    let (row, scanned) = match &lookup.key {
        CaseKey::NewestOf(member) => (newest_of(conn, member.expose())?, None),
        CaseKey::Id(id) => (by_id(conn, key(*id))?, None),
        CaseKey::Scanned(hash) => match scanned(conn, &hash.0)? {
            Some((case, serial)) => (by_id(conn, case)?, Some(serial)),
            None => (None, None),
        },
    };
    let Some(row) = row else {
        return Ok(None);
    };
    let held_by = match &lookup.check {
        Some((source, reference)) => holder(conn, *source, reference)?,
        None => None,
    };
    Ok(Some(found_case(row, scanned, held_by)?))
}

/// A member with its newest case. The limit is part of the text, because SQLite prepares a
/// statement again each time a bound limit is set.
struct NewestOf;

impl Script for NewestOf {
    const HEAD: &'static [Part] = &[
        Part::Sql("select "),
        Part::Of("m", MemberRow::COLUMNS),
        Part::Sql(", "),
        Part::Of("c", CaseRow::COLUMNS),
        Part::Sql(
            " from members m \
             left join upgrade_case c on c.member_id = m.member_id where m.member_id = ",
        ),
    ];
    const TAIL: &'static [Part] = &[Part::Sql(" order by c.attempt desc limit 1")];
    type Row = (<MemberRow as Columns>::Sql, Nullable<<CaseRow as Columns>::Sql>);
}

/// The effect of a case.
struct EffectOf;

impl Script for EffectOf {
    const HEAD: &'static [Part] = &[
        Part::Sql("select "),
        Part::Of("e", OrderRow::COLUMNS),
        Part::Sql(", "),
        Part::Of("e", StateRow::COLUMNS),
        Part::Sql(" from effect e where e.kind = '"),
        Part::Sql(SetLevel::KIND_NAME),
        Part::Sql("' and e.id = "),
    ];
    const TAIL: &'static [Part] = &[];
    type Row = (<OrderRow<'static> as Columns>::Sql, <StateRow as Columns>::Sql);
}

fn newest_of(conn: &mut SqliteConnection, member: &str) -> Result<Option<SnapshotRow>, Fault> {
    let found = statement::<NewestOf, _>((member.into_sql::<Text>(),));
    let found: Option<(MemberRow, Option<CaseRow>)> = found.get_result(conn).optional()?;
    let Some((member, case)) = found else {
        return Ok(None);
    };
    let effect = effect_of(conn, case.as_ref())?;
    Ok(Some((member, case, effect)))
}

/// Only a passed case has an effect, and most lookups come before that.
fn effect_of(
    conn: &mut SqliteConnection,
    case: Option<&CaseRow>,
) -> Result<Option<EffectRow>, Fault> {
    let passed = StateName::CustomerSuccess.as_str();
    let Some(case) = case.filter(|case| case.state == passed) else {
        return Ok(None);
    };
    let effect = statement::<EffectOf, _>((case.case_id.into_sql::<Id>(),));
    Ok(effect.get_result(conn).optional()?)
}

fn by_id(conn: &mut SqliteConnection, case: Key) -> Result<Option<SnapshotRow>, Fault> {
    let found: Option<(MemberRow, CaseRow)> = upgrade_case::table
        .inner_join(members::table.on(members::member_id.eq(upgrade_case::member_id)))
        .filter(upgrade_case::case_id.eq(case))
        .select((MemberRow::as_select(), CaseRow::as_select()))
        .get_result(conn)
        .optional()?;
    let Some((member, case)) = found else {
        return Ok(None);
    };
    let effect = effect_of(conn, Some(&case))?;
    Ok(Some((member, Some(case), effect)))
}

fn scanned(conn: &mut SqliteConnection, hash: &[u8]) -> Result<Option<(Key, i32)>, Fault> {
    let code = upgrade_qr::table.find(hash).select((upgrade_qr::case_id, upgrade_qr::serial));
    Ok(code.get_result(conn).optional()?)
}

fn holder(
    conn: &mut SqliteConnection,
    source: CheckSource,
    reference: &CheckReference,
) -> Result<Option<CaseId>, Fault> {
    let found = upgrade_check::table.find((source.as_str(), reference.expose()));
    let case: Option<Key> = found.select(upgrade_check::case_id).get_result(conn).optional()?;
    Ok(case.map(|case| case.0.into()))
}
