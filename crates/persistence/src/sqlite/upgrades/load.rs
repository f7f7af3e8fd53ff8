//! What is known before a request is decided, on SQLite.

use diesel::prelude::*;
use madoguchi_domain::upgrade::{CaseId, CaseKey, CheckReference, CheckSource, Dossier, Lookup};

use crate::column::CaseUuid;
use crate::fault::Fault;
use crate::rows::{CaseRow, DossierRow, EffectRow, MemberRow, dossier};
use crate::schema::{core_bank_effect, members, upgrade_case, upgrade_qr};

pub(in crate::sqlite) fn load(
    conn: &mut SqliteConnection,
    lookups: &[Lookup],
) -> Result<Vec<Option<Dossier>>, Fault> {
    lookups.iter().map(|lookup| one(conn, lookup)).collect()
}

fn one(conn: &mut SqliteConnection, lookup: &Lookup) -> Result<Option<Dossier>, Fault> {
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
    Ok(Some(dossier(row, scanned, held_by)?))
}

fn newest_of(conn: &mut SqliteConnection, member: &str) -> Result<Option<DossierRow>, Fault> {
    Ok(members::table
        .left_join(upgrade_case::table.on(upgrade_case::member_id.eq(members::member_id)))
        .left_join(core_bank_effect::table.on(core_bank_effect::case_id.eq(upgrade_case::case_id)))
        .filter(members::member_id.eq(member))
        .order(upgrade_case::attempt.desc())
        .select((
            MemberRow::as_select(),
            Option::<CaseRow>::as_select(),
            Option::<EffectRow>::as_select(),
        ))
        .first(conn)
        .optional()?)
}

fn by_id(conn: &mut SqliteConnection, case: CaseUuid) -> Result<Option<DossierRow>, Fault> {
    let found: Option<(MemberRow, CaseRow, Option<EffectRow>)> = upgrade_case::table
        .inner_join(members::table.on(members::member_id.eq(upgrade_case::member_id)))
        .left_join(core_bank_effect::table.on(core_bank_effect::case_id.eq(upgrade_case::case_id)))
        .filter(upgrade_case::case_id.eq(case))
        .select((MemberRow::as_select(), CaseRow::as_select(), Option::<EffectRow>::as_select()))
        .first(conn)
        .optional()?;
    Ok(found.map(|(member, case, effect)| (member, Some(case), effect)))
}

fn scanned(conn: &mut SqliteConnection, hash: &[u8]) -> Result<Option<(CaseUuid, i32)>, Fault> {
    let code = upgrade_qr::table.find(hash).select((upgrade_qr::case_id, upgrade_qr::serial));
    Ok(code.first(conn).optional()?)
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
        .first(conn)
        .optional()?;
    Ok(case.map(CaseId::from))
}
