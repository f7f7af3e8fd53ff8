//! Loads case snapshots on SQLite.

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use madoguchi_domain::upgrade::{
    CaseId, CaseKey, CaseSnapshot, CheckReference, CheckSource, Lookup, StateName,
};

use crate::column::CaseUuid;
use crate::fault::Fault;
use crate::rows::{CaseRow, EffectRow, MemberRow, SnapshotRow, snapshot};
use crate::schema::{Id, core_bank_effect, members, upgrade_case, upgrade_qr};
use crate::statement::{Script, case_columns, effect_columns, member_columns, statement};

pub(in crate::sqlite) fn load(
    conn: &mut SqliteConnection,
    lookups: &[Lookup],
) -> Result<Vec<Option<CaseSnapshot>>, Fault> {
    lookups.iter().map(|lookup| one(conn, lookup)).collect()
}

fn one(conn: &mut SqliteConnection, lookup: &Lookup) -> Result<Option<CaseSnapshot>, Fault> {
    let (row, scanned) = match &lookup.key {
        CaseKey::NewestOf(member) => (newest_of(conn, member.expose())?, None),
        CaseKey::Id(id) => (by_id(conn, (*id).into())?, None),
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
    Ok(Some(snapshot(row, scanned, held_by)?))
}

/// A member with its newest case. The limit is part of the text, because SQLite prepares a
/// statement again each time a bound limit is set.
struct NewestOf;

impl Script for NewestOf {
    const HEAD: &'static str = concat!(
        "select ",
        member_columns!("m"),
        ", ",
        case_columns!("c"),
        " from members m \
        left join upgrade_case c on c.member_id = m.member_id where m.member_id = "
    );
    const TAIL: &'static str = " order by c.attempt desc limit 1";
    type Row = (members::SqlType, Nullable<upgrade_case::SqlType>);
}

/// The effect of a case.
struct EffectOf;

impl Script for EffectOf {
    const HEAD: &'static str =
        concat!("select ", effect_columns!("e"), " from core_bank_effect e where e.case_id in (");
    const TAIL: &'static str = ")";
    type Row = core_bank_effect::SqlType;
}

fn newest_of(conn: &mut SqliteConnection, member: &str) -> Result<Option<SnapshotRow>, Fault> {
    let found = statement::<NewestOf, _>((member.into_sql::<Text>(),));
    let found: Option<(MemberRow, Option<CaseRow>)> = found.get_result(conn).optional()?;
    let Some((member, case)) = found else {
        return Ok(None);
    };
    // Only a passed case has an effect, and most lookups come before that.
    let effect = match &case {
        Some(case) if case.state == StateName::CustomerSuccess.as_str() => {
            let effect = statement::<EffectOf, _>((case.case_id.into_sql::<Id>(),));
            effect.get_result(conn).optional()?
        }
        Some(_) | None => None,
    };
    Ok(Some((member, case, effect)))
}

fn by_id(conn: &mut SqliteConnection, case: CaseUuid) -> Result<Option<SnapshotRow>, Fault> {
    let found: Option<(MemberRow, CaseRow, Option<EffectRow>)> = upgrade_case::table
        .inner_join(members::table.on(members::member_id.eq(upgrade_case::member_id)))
        .left_join(core_bank_effect::table.on(core_bank_effect::case_id.eq(upgrade_case::case_id)))
        .filter(upgrade_case::case_id.eq(case))
        .select((MemberRow::as_select(), CaseRow::as_select(), Option::<EffectRow>::as_select()))
        .get_result(conn)
        .optional()?;
    Ok(found.map(|(member, case, effect)| (member, Some(case), effect)))
}

fn scanned(conn: &mut SqliteConnection, hash: &[u8]) -> Result<Option<(CaseUuid, i32)>, Fault> {
    let code = upgrade_qr::table.find(hash).select((upgrade_qr::case_id, upgrade_qr::serial));
    Ok(code.get_result(conn).optional()?)
}

fn holder(
    conn: &mut SqliteConnection,
    source: CheckSource,
    reference: &CheckReference,
) -> Result<Option<CaseId>, Fault> {
    let case: Option<CaseUuid> = upgrade_case::table
        .filter(upgrade_case::check_source.eq(source.as_str()))
        .filter(upgrade_case::check_reference.eq(reference.expose()))
        .select(upgrade_case::case_id)
        .get_result(conn)
        .optional()?;
    Ok(case.map(CaseId::from))
}
