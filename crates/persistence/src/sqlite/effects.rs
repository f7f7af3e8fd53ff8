//! The effect queue on SQLite.

use diesel::dsl::{exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
use madoguchi_domain::Timestamp;
use madoguchi_domain::audit::AuditEntry;
use madoguchi_domain::core_bank::{Effect, EffectChange, EffectStateName as Name};
use madoguchi_domain::port::{Claim, Overdue, Recorded, Sweep};
use madoguchi_domain::secret::SecretKey;
use madoguchi_domain::upgrade::{CaseId, CaseSnapshot, StateName};

use super::audit;
use crate::column::{At, CaseUuid};
use crate::fault::Fault;
use crate::rows::{
    CaseRow, EffectRow, EvidenceRow, ManualColumns, MemberRow, UnreadableRow, orphaned,
};
use crate::schema::{Id, Instant, core_bank_effect, core_bank_evidence, members, upgrade_case};
use crate::statement::{Rewrite, rewrite};

pub(super) fn claim(
    conn: &mut SqliteConnection,
    claim: &Claim,
    key: &SecretKey,
) -> Result<Vec<Effect>, Fault> {
    use core_bank_effect::dsl;
    // Select before update is safe: an immediate transaction blocks all other writers.
    let due: Vec<CaseUuid> = dsl::core_bank_effect
        .filter(dsl::state.eq(Name::Planned.as_str()))
        .filter(dsl::due_at.le(At::from(claim.act.at)))
        // The sweeper confirms an effect with an `applied` proof.
        .filter(dsl::fence.eq(0).or(not(is_proven())))
        .order(dsl::due_at)
        .limit(claim.limit.into())
        .select(dsl::case_id)
        .load(conn)?;
    let sent: Result<Vec<EffectRow>, Fault> =
        due.into_iter().map(|case| send(conn, case, claim)).collect();
    let (effects, unreadable) = EffectRow::sort(sent?);
    let aside = move_to_manual(conn, &unreadable, claim.act.at)?;
    let moved = effects.iter().map(|effect| claim.audit(effect.order.case, Name::Sending));
    let aside = aside.into_iter().map(|case| claim.audit(case, Name::Manual));
    let entries: Vec<AuditEntry> = moved.chain(aside).collect();
    audit::append(conn, key, &entries)?;
    Ok(effects)
}

/// Moves unreadable effects to `Manual`: no worker can send or classify them.
pub(super) fn move_unreadable(
    conn: &mut SqliteConnection,
    unreadable: &[UnreadableRow],
    sweep: &Sweep,
    key: &SecretKey,
) -> Result<(), Fault> {
    let aside = move_to_manual(conn, unreadable, sweep.act.at)?;
    let entries: Vec<AuditEntry> = aside.into_iter().map(|case| sweep.audit(case)).collect();
    audit::append(conn, key, &entries)
}

/// Returns the cases whose row was unchanged since it was read, and is now `Manual`.
fn move_to_manual(
    conn: &mut SqliteConnection,
    unreadable: &[UnreadableRow],
    now: Timestamp,
) -> Result<Vec<CaseId>, Fault> {
    use core_bank_effect::dsl;
    let mut aside = Vec::with_capacity(unreadable.len());
    for UnreadableRow { case, state, fence } in unreadable {
        let as_met = dsl::state.eq(state).and(dsl::fence.eq(fence));
        let moved = diesel::update(dsl::core_bank_effect.find(case).filter(as_met))
            .set(ManualColumns::since(now))
            .execute(conn)?;
        aside.extend((moved == 1).then_some(CaseId::from(*case)));
    }
    Ok(aside)
}

fn send(conn: &mut SqliteConnection, case: CaseUuid, claim: &Claim) -> Result<EffectRow, Fault> {
    use core_bank_effect::dsl;
    let planned = dsl::core_bank_effect.find(case).filter(dsl::state.eq(Name::Planned.as_str()));
    Ok(diesel::update(planned)
        .set((
            dsl::state.eq(Name::Sending.as_str()),
            dsl::fence.eq(dsl::fence + 1),
            dsl::worker.eq(&*claim.worker.0),
            dsl::due_at.eq(At::from(claim.lease_until())),
            dsl::since.eq(At::from(claim.act.at)),
        ))
        .returning(EffectRow::as_returning())
        .get_result(conn)?)
}

pub(super) fn record(
    conn: &mut SqliteConnection,
    changes: &[EffectChange],
    key: &SecretKey,
) -> Result<Vec<Recorded>, Fault> {
    let became: Result<Vec<Recorded>, Fault> =
        changes.iter().map(|change| one(conn, change)).collect();
    let became = became?;
    let written = changes.iter().zip(&became).filter(|(_, it)| **it == Recorded::Written);
    audit::append(conn, key, written.map(|(change, _)| &change.audit))?;
    Ok(became)
}

/// Writes an outcome under its fence.
struct Record;

impl Rewrite for Record {
    const SET: &'static str = "update core_bank_effect set (state, fence, worker, due_at, code, \
        unsent, ambiguous, ambiguous_us, since) = (";
    const WHERE: &'static str = ") where (case_id, fence, state) = (";
}

fn one(conn: &mut SqliteConnection, change: &EffectChange) -> Result<Recorded, Fault> {
    let row = EffectRow::from(&change.after);
    let after = (
        (&row.state).into_sql::<Text>(),
        row.fence.into_sql::<Integer>(),
        row.worker.as_deref().into_sql::<Nullable<Text>>(),
        row.due_at.into_sql::<Nullable<Instant>>(),
        row.code.as_deref().into_sql::<Nullable<Text>>(),
        row.unsent.into_sql::<Integer>(),
        row.ambiguous.into_sql::<Integer>(),
        row.ambiguous_us.into_sql::<BigInt>(),
        row.since.into_sql::<Instant>(),
    );
    let before = (
        row.case_id.into_sql::<Id>(),
        change.expected.0.into_sql::<Integer>(),
        change.from.as_str().into_sql::<Text>(),
    );
    let written = rewrite::<Record, _, _>(after, before).execute(conn)? > 0;
    if let Some(evidence) = &change.evidence
        && (written || evidence.stands_alone())
    {
        let row = EvidenceRow::from(evidence);
        diesel::insert_into(core_bank_evidence::table).values(&row).execute(conn)?;
    }
    if !written {
        return Ok(Recorded::FencedOut);
    }
    if change.after.state.name() == Name::Confirmed {
        diesel::update(members::table.find(&row.member_id))
            .set((
                members::confirmed_level.eq(&row.level),
                members::target_level.eq(None::<String>),
            ))
            .execute(conn)?;
    }
    Ok(Recorded::Written)
}

/// Whether the evidence of any worker proves that the effect was applied.
#[diesel::dsl::auto_type(no_type_alias)]
fn is_proven() -> _ {
    exists(
        core_bank_evidence::table
            .filter(core_bank_evidence::case_id.eq(core_bank_effect::case_id))
            .filter(core_bank_evidence::outcome.eq("applied")),
    )
}

pub(super) fn overdue(
    conn: &mut SqliteConnection,
    sweep: &Sweep,
) -> Result<(Vec<Overdue>, Vec<UnreadableRow>), Fault> {
    use core_bank_effect::dsl;
    let doubted = [Name::Unknown.as_str(), Name::Manual.as_str()];
    let waiting = [Name::Sending.as_str(), Name::Unknown.as_str()];
    // Rows without `due_at` are included, and moved to `Manual`.
    let lost = [Name::Planned.as_str(), Name::Sending.as_str(), Name::Unknown.as_str()];
    let lost = dsl::state.eq_any(lost).and(dsl::due_at.is_null());
    // Raw SQL: SQLite uses a partial index only for the same expression as in its definition.
    let again = sql::<Bool>("core_bank_effect.state = 'Planned' and core_bank_effect.fence > 0");
    let again = again.and(is_proven());
    let lapsed =
        dsl::state.eq_any(waiting).and(dsl::due_at.le(At::from(sweep.act.at)).assume_not_null());
    let rows: Vec<(EffectRow, bool)> = dsl::core_bank_effect
        .filter(lapsed.or(dsl::state.eq_any(doubted).and(is_proven())).or(lost).or(again))
        // `Manual` rows come last, because each sweep may return them again.
        .order((dsl::state.eq(Name::Manual.as_str()), dsl::due_at))
        .limit(sweep.limit.into())
        .select((EffectRow::as_select(), is_proven()))
        .load(conn)?;
    Ok(EffectRow::sort_overdue(rows))
}

pub(super) fn orphans(conn: &mut SqliteConnection, limit: u32) -> Result<Vec<CaseSnapshot>, Fault> {
    let rows: Vec<(MemberRow, CaseRow)> = upgrade_case::table
        .inner_join(members::table.on(members::member_id.eq(upgrade_case::member_id)))
        .left_join(core_bank_effect::table.on(core_bank_effect::case_id.eq(upgrade_case::case_id)))
        .filter(upgrade_case::state.eq(StateName::CustomerSuccess.as_str()))
        .filter(core_bank_effect::case_id.nullable().is_null())
        .limit(limit.into())
        .select((MemberRow::as_select(), CaseRow::as_select()))
        .load(conn)?;
    Ok(orphaned(rows))
}
