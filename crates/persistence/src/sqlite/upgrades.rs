//! The upgrade store on SQLite: a batch is a loop of prepared statements in one transaction.

mod load;

use diesel::dsl::AsExprOf;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Text};
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
    Id, Instant, core_bank_effect, core_bank_evidence, upgrade_case, upgrade_history, upgrade_qr,
};
use crate::statement::{Rewrite, rewrite};

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
        Write::Plan { effect } => plan(conn, effect),
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
    let row = CaseRow::from(after);
    let from = from.as_str();
    let moved = match after.state.name() {
        StateName::New => 0,
        StateName::EddaSuccess | StateName::EddaFailure => checked(conn, from, &row)?,
        StateName::CustomerSuccess | StateName::CustomerFailure => decided(conn, from, &row)?,
    };
    if moved == 0 {
        return Ok(false);
    }
    insert_history(conn, history, after.version)?;
    if let Some(effect) = effect {
        // A case that passes now has no effect yet, so a conflict is an error and is not ignored.
        let row = EffectRow::from(effect);
        diesel::insert_into(core_bank_effect::table).values(&row).execute(conn)?;
        aim(conn, &row)?;
    }
    Ok(true)
}

/// Writes the result of a check. Checks and decisions update only their own columns, because SQLite
/// updates every index of a column that is set, even if its value is unchanged.
struct Checked;

impl Rewrite for Checked {
    const SET: &'static str = "update upgrade_case \
        set (state, version, check_source, check_reference, checked_at) = (";
    const WHERE: &'static str = ") where (case_id, version, state) = (";
}

/// Moves a case that passes the version check.
fn checked(conn: &mut SqliteConnection, from: &str, row: &CaseRow) -> QueryResult<usize> {
    let found = (
        (&row.state).into_sql::<Text>(),
        row.version.into_sql::<Integer>(),
        row.check_source.as_deref().into_sql::<Nullable<Text>>(),
        row.check_reference.as_deref().into_sql::<Nullable<Text>>(),
        row.checked_at.into_sql::<Nullable<Instant>>(),
    );
    rewrite::<Checked, _, _>(found, unmoved(from, row)).execute(conn)
}

/// Writes the decision of an agent.
struct Decided;

impl Rewrite for Decided {
    const SET: &'static str =
        "update upgrade_case set (state, version, decided_at, target_level) = (";
    const WHERE: &'static str = ") where (case_id, version, state) = (";
}

/// Moves a case that passes the version check.
fn decided(conn: &mut SqliteConnection, from: &str, row: &CaseRow) -> QueryResult<usize> {
    let decision = (
        (&row.state).into_sql::<Text>(),
        row.version.into_sql::<Integer>(),
        row.decided_at.into_sql::<Nullable<Instant>>(),
        row.target_level.as_deref().into_sql::<Nullable<Text>>(),
    );
    rewrite::<Decided, _, _>(decision, unmoved(from, row)).execute(conn)
}

/// The id, version and state of the case as it was loaded.
fn unmoved<'a>(from: &'a str, row: &CaseRow) -> Unmoved<'a> {
    (row.case_id.into_sql::<Id>(), (row.version - 1).into_sql::<Integer>(), from.into_sql::<Text>())
}

type Unmoved<'a> = (AsExprOf<CaseUuid, Id>, AsExprOf<i32, Integer>, AsExprOf<&'a str, Text>);

/// Writes the target level of a member: the level that a passed verdict orders from the bank.
struct Aim;

impl Rewrite for Aim {
    const SET: &'static str = "update members set (target_level) = (";
    const WHERE: &'static str = ") where (member_id) = (";
}

/// Inserts an effect for a case that has none.
fn plan(conn: &mut SqliteConnection, effect: &Effect) -> Result<bool, Fault> {
    let row = EffectRow::from(effect);
    let insert = diesel::insert_into(core_bank_effect::table).values(&row);
    if insert.on_conflict(core_bank_effect::case_id).do_nothing().execute(conn)? == 0 {
        return Ok(false);
    }
    aim(conn, &row)?;
    Ok(true)
}

fn aim(conn: &mut SqliteConnection, effect: &EffectRow) -> QueryResult<usize> {
    let target = effect.level.as_str().into_sql::<Nullable<Text>>();
    rewrite::<Aim, _, _>(target, effect.member_id.as_str().into_sql::<Text>()).execute(conn)
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
