//! Cases on SQLite: a batch is a loop over prepared statements inside one transaction.

mod load;

use diesel::prelude::*;
use madoguchi_domain::core_bank::Effect;
use madoguchi_domain::port::{Committed, Timeline};
use madoguchi_domain::secret::SecretKey;
use madoguchi_domain::upgrade::{
    Case, CaseId, Change, HistoryEntry, QrIssue, QrTokenHash, StateName, Version, Write,
};

use super::audit;
use crate::column::CaseUuid;
use crate::fault::Fault;
use crate::rows::{CaseRow, EffectRow, EvidenceRow, HistoryRow, QrRow, serial};
use crate::schema::{
    core_bank_effect, core_bank_evidence, members, upgrade_case, upgrade_history, upgrade_qr,
};

pub(super) use load::load;

pub(super) fn commit(
    conn: &mut SqliteConnection,
    changes: &[Change],
    key: &SecretKey,
) -> Result<Vec<Committed>, Fault> {
    let became: Result<Vec<Committed>, Fault> =
        changes.iter().map(|change| write(conn, &change.write)).collect();
    let became = became?;
    let moved = changes.iter().zip(&became).filter(|(_, it)| **it == Committed::Moved);
    audit::append(conn, key, moved.map(|(change, _)| &change.audit))?;
    Ok(became)
}

fn write(conn: &mut SqliteConnection, write: &Write) -> Result<Committed, Fault> {
    let written = match write {
        Write::Open { case, qr, history } => open(conn, case, qr, history),
        Write::ReissueQr { case, expected, qr, hash } => {
            reissue(conn, (*case).into(), *expected, *qr, hash)
        }
        Write::Move { after, from, history, effect } => {
            transition(conn, after, *from, history, effect.as_deref())
        }
        Write::Plan { effect } => Ok(plan(conn, effect)? == 1),
        Write::Nothing => Ok(true),
    };
    Ok(if written? { Committed::Moved } else { Committed::Lost })
}

fn open(
    conn: &mut SqliteConnection,
    case: &Case,
    hash: &QrTokenHash,
    history: &HistoryEntry,
) -> Result<bool, Fault> {
    let row = CaseRow::from(case);
    let opened = diesel::insert_into(upgrade_case::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(conn)?;
    if opened == 0 {
        return Ok(false);
    }
    insert_qr(conn, &QrRow::new(row.case_id, case.qr, hash))?;
    insert_history(conn, history, case.version)?;
    Ok(true)
}

fn reissue(
    conn: &mut SqliteConnection,
    case: CaseUuid,
    expected: Version,
    qr: QrIssue,
    hash: &QrTokenHash,
) -> Result<bool, Fault> {
    use upgrade_case::dsl;
    let at_version = dsl::version.eq(expected.0).and(dsl::state.eq(StateName::New.as_str()));
    let moved = diesel::update(upgrade_case::table.find(case).filter(at_version))
        .set((
            dsl::version.eq(expected.next().0),
            dsl::qr_serial.eq(serial(qr.serial)),
            dsl::qr_expires_at.eq(crate::column::At::from(qr.expires_at)),
        ))
        .execute(conn)?;
    if moved == 0 {
        return Ok(false);
    }
    insert_qr(conn, &QrRow::new(case, qr, hash))?;
    Ok(true)
}

fn transition(
    conn: &mut SqliteConnection,
    after: &Case,
    from: StateName,
    history: &HistoryEntry,
    effect: Option<&Effect>,
) -> Result<bool, Fault> {
    use upgrade_case::dsl;
    let row = CaseRow::from(after);
    let unmoved = dsl::version.eq(row.version - 1).and(dsl::state.eq(from.as_str()));
    let moved = diesel::update(upgrade_case::table.find(row.case_id).filter(unmoved))
        .set((
            dsl::state.eq(&row.state),
            dsl::version.eq(row.version),
            dsl::check_source.eq(&row.check_source),
            dsl::check_reference.eq(&row.check_reference),
            dsl::checked_at.eq(row.checked_at),
            dsl::decided_at.eq(row.decided_at),
            dsl::target_level.eq(&row.target_level),
        ))
        .execute(conn)?;
    if moved == 0 {
        return Ok(false);
    }
    insert_history(conn, history, after.version)?;
    if let Some(effect) = effect {
        plan(conn, effect)?;
        diesel::update(members::table.find(&row.member_id))
            .set(members::target_level.eq(&row.target_level))
            .execute(conn)?;
    }
    Ok(true)
}

fn plan(conn: &mut SqliteConnection, effect: &Effect) -> Result<usize, Fault> {
    let row = EffectRow::from(effect);
    let insert = diesel::insert_into(core_bank_effect::table).values(&row);
    Ok(insert.on_conflict(core_bank_effect::case_id).do_nothing().execute(conn)?)
}

fn insert_qr(conn: &mut SqliteConnection, row: &QrRow) -> Result<(), Fault> {
    diesel::insert_into(upgrade_qr::table).values(row).execute(conn)?;
    Ok(())
}

fn insert_history(
    conn: &mut SqliteConnection,
    entry: &HistoryEntry,
    version: Version,
) -> Result<(), Fault> {
    let row = HistoryRow::new(entry, version);
    diesel::insert_into(upgrade_history::table).values(&row).execute(conn)?;
    Ok(())
}

pub(super) fn timeline(conn: &mut SqliteConnection, case: CaseId) -> Result<Timeline, Fault> {
    let case = CaseUuid::from(case);
    let history: Vec<HistoryRow<'_>> = upgrade_history::table
        .filter(upgrade_history::case_id.eq(case))
        .order(upgrade_history::version)
        .select(HistoryRow::as_select())
        .load(conn)?;
    let evidence: Vec<EvidenceRow<'_>> = core_bank_evidence::table
        .filter(core_bank_evidence::case_id.eq(case))
        .order(core_bank_evidence::evidence_id)
        .select(EvidenceRow::as_select())
        .load(conn)?;
    Ok(Timeline {
        history: history.into_iter().map(HistoryRow::parse).collect::<Result<_, _>>()?,
        evidence: evidence.into_iter().map(EvidenceRow::parse).collect::<Result<_, _>>()?,
    })
}
