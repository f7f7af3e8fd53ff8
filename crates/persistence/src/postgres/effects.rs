//! The effect queue on PostgreSQL.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use madoguchi_domain::Timestamp;
use madoguchi_domain::audit::AuditEntry;
use madoguchi_domain::core_bank::{Effect, EffectChange, EffectStateName as Name, Evidence};
use madoguchi_domain::port::{Claim, Overdue, Recorded, Sweep};
use madoguchi_domain::secret::SecretKey;
use madoguchi_domain::upgrade::{CaseId, CaseSnapshot};

use super::audit;
use crate::column::{At, CaseUuid};
use crate::fault::Fault;
use crate::rows::{
    CaseRow, EffectRow, EvidenceRow, ManualColumns, MemberRow, UnreadableRow, orphaned,
};
use crate::schema::{Id, Instant, core_bank_effect, members, upgrade_case};
use crate::statement::{Script, array, case_columns, effect_columns, member_columns, statement};

/// Claims due effects that no other worker has locked. An effect with an `applied` proof is left to
/// the sweeper, which confirms it.
struct ClaimDue;

impl Script for ClaimDue {
    const HEAD: &'static str = "with ask as (select * from (select ";
    const TAIL: &'static str = concat!(
        ") as a (worker, now, lease_until, most)), \
        due as (select q.case_id, q.due_at from core_bank_effect q \
            where q.state = 'Planned' and q.due_at <= (select now from ask) \
                and (q.fence = 0 or not exists (select from core_bank_evidence v \
                    where v.case_id = q.case_id and v.outcome = 'applied')) \
            order by q.due_at limit (select most from ask) for update skip locked), \
        sent as (update core_bank_effect e set state = 'Sending', fence = e.fence + 1, \
            worker = ask.worker, due_at = ask.lease_until, since = ask.now \
            from due, ask where e.case_id = due.case_id returning e.*) \
        select ",
        effect_columns!("s"),
        " from sent s join due d on d.case_id = s.case_id order by d.due_at"
    );
    type Row = core_bank_effect::SqlType;
}

pub(super) async fn claim(
    conn: &mut AsyncPgConnection,
    claim: &Claim,
    key: &SecretKey,
) -> Result<Vec<Effect>, Fault> {
    let rows: Vec<EffectRow> = statement::<ClaimDue, _>((
        (&*claim.worker.0).into_sql::<Text>(),
        At::from(claim.act.at).into_sql::<Instant>(),
        At::from(claim.lease_until()).into_sql::<Instant>(),
        i64::from(claim.limit).into_sql::<BigInt>(),
    ))
    .load(conn)
    .await?;
    let (effects, unreadable) = EffectRow::sort(rows);
    let aside = move_to_manual(conn, &unreadable, claim.act.at).await?;
    let moved = effects.iter().map(|effect| claim.audit(effect.order.case, Name::Sending));
    let aside = aside.into_iter().map(|case| claim.audit(case, Name::Manual));
    let entries: Vec<AuditEntry> = moved.chain(aside).collect();
    audit::append(conn, key, &entries).await?;
    Ok(effects)
}

/// Moves unreadable effects to `Manual`: no worker can send or classify them.
pub(super) async fn move_unreadable(
    conn: &mut AsyncPgConnection,
    unreadable: &[UnreadableRow],
    sweep: &Sweep,
    key: &SecretKey,
) -> Result<(), Fault> {
    let aside = move_to_manual(conn, unreadable, sweep.act.at).await?;
    let entries: Vec<AuditEntry> = aside.into_iter().map(|case| sweep.audit(case)).collect();
    audit::append(conn, key, &entries).await
}

/// Returns the cases whose row was unchanged since it was read, and is now `Manual`.
async fn move_to_manual(
    conn: &mut AsyncPgConnection,
    unreadable: &[UnreadableRow],
    now: Timestamp,
) -> Result<Vec<CaseId>, Fault> {
    use core_bank_effect::dsl;
    let mut aside = Vec::with_capacity(unreadable.len());
    for UnreadableRow { case, state, fence } in unreadable {
        let as_met = dsl::state.eq(state).and(dsl::fence.eq(fence));
        let moved = diesel::update(dsl::core_bank_effect.find(case).filter(as_met))
            .set(ManualColumns::since(now))
            .execute(conn)
            .await?;
        aside.extend((moved == 1).then_some(CaseId::from(*case)));
    }
    Ok(aside)
}

/// Writes outcomes under their fence, and a confirmed level to its member.
struct Record;

impl Script for Record {
    const HEAD: &'static str = "with input as (select * from unnest(";
    const TAIL: &'static str = ") as i (case_id, from_state, expected, state, fence, worker, \
        due_at, code, unsent, ambiguous, ambiguous_us, since)), \
        written as (update core_bank_effect e set state = i.state, fence = i.fence, \
            worker = i.worker, due_at = i.due_at, code = i.code, unsent = i.unsent, \
            ambiguous = i.ambiguous, ambiguous_us = i.ambiguous_us, since = i.since \
            from input i where e.case_id = i.case_id and e.fence = i.expected \
                and e.state = i.from_state \
            returning e.case_id, e.member_id, e.level, e.state), \
        levels_confirmed as (update members m set confirmed_level = w.level, \
            target_level = null \
            from written w where m.member_id = w.member_id and w.state = 'Confirmed') \
        select case_id from written";
    type Row = (Id,);
}

pub(super) async fn record(
    conn: &mut AsyncPgConnection,
    changes: &[EffectChange],
    key: &SecretKey,
) -> Result<Vec<Recorded>, Fault> {
    let mut rows: Vec<_> = changes
        .iter()
        .map(|change| (EffectRow::from(&change.after), change.from, change.expected))
        .collect();
    rows.sort_by_key(|(row, ..)| row.case_id.0);
    let written: Vec<(CaseUuid,)> = statement::<Record, _>((
        array!(rows, Id, |row| row.0.case_id),
        array!(rows, Text, |row| row.1.as_str()),
        array!(rows, Integer, |row| row.2.0),
        array!(rows, Text, |row| &*row.0.state),
        array!(rows, Integer, |row| row.0.fence),
        array!(rows, Nullable<Text>, |row| row.0.worker.as_deref()),
        array!(rows, Nullable<Instant>, |row| row.0.due_at),
        array!(rows, Nullable<Text>, |row| row.0.code.as_deref()),
        array!(rows, Integer, |row| row.0.unsent),
        array!(rows, Integer, |row| row.0.ambiguous),
        array!(rows, BigInt, |row| row.0.ambiguous_us),
        array!(rows, Instant, |row| row.0.since),
    ))
    .load(conn)
    .await?;
    let written: HashSet<CaseId> = written.into_iter().map(|(id,)| id.into()).collect();
    let is_written = |change: &&EffectChange| written.contains(&change.after.order.case);
    let evidence = changes.iter().filter_map(|change| {
        let seen = change.evidence.as_ref()?;
        (is_written(&change) || seen.stands_alone()).then_some(seen)
    });
    testify(conn, evidence).await?;
    let entries: Vec<_> = changes.iter().filter(is_written).map(|change| &change.audit).collect();
    audit::append(conn, key, entries).await?;
    let became = changes
        .iter()
        .map(|change| if is_written(&change) { Recorded::Written } else { Recorded::FencedOut });
    Ok(became.collect())
}

/// Inserts evidence.
struct Testify;

impl Script for Testify {
    const HEAD: &'static str = "insert into core_bank_evidence \
        (case_id, fence, worker, outcome, detail, at) select * from unnest(";
    const TAIL: &'static str = ")";
    type Row = ();
}

async fn testify<'a>(
    conn: &mut AsyncPgConnection,
    seen: impl Iterator<Item = &'a Evidence>,
) -> Result<(), Fault> {
    let rows: Vec<EvidenceRow<'_>> = seen.map(EvidenceRow::from).collect();
    if rows.is_empty() {
        return Ok(());
    }
    statement::<Testify, _>((
        array!(rows, Id, |row| row.case_id),
        array!(rows, Integer, |row| row.fence),
        array!(rows, Text, |row| &*row.worker),
        array!(rows, Text, |row| &*row.outcome),
        array!(rows, Text, |row| &*row.detail),
        array!(rows, Instant, |row| row.at),
    ))
    .execute(conn)
    .await?;
    Ok(())
}

/// Effects that need a decision of the sweeper. Rows without `due_at` are included, and moved to
/// `Manual`. `Manual` rows come last, because each sweep may return them again.
struct WaitForDecision;

impl Script for WaitForDecision {
    const HEAD: &'static str = "with ask as (select * from (select ";
    const TAIL: &'static str = concat!(
        ") as a (now, most)), \
        seen as (select e.*, exists (select from core_bank_evidence v \
            where v.case_id = e.case_id and v.outcome = 'applied') as proven \
            from core_bank_effect e where e.state in ('Sending', 'Unknown', 'Manual') \
                or (e.state = 'Planned' and (e.fence > 0 or e.due_at is null))) \
        select ",
        effect_columns!("s"),
        ", s.proven from seen s, ask \
        where (s.state in ('Sending', 'Unknown') and s.due_at <= ask.now) \
            or (s.state <> 'Sending' and s.proven) \
            or (s.state <> 'Manual' and s.due_at is null) \
        order by s.state = 'Manual', s.due_at nulls first limit (select most from ask)"
    );
    type Row = (core_bank_effect::SqlType, Bool);
}

pub(super) async fn overdue(
    conn: &mut AsyncPgConnection,
    sweep: &Sweep,
) -> Result<(Vec<Overdue>, Vec<UnreadableRow>), Fault> {
    let rows: Vec<(EffectRow, bool)> = statement::<WaitForDecision, _>((
        At::from(sweep.act.at).into_sql::<Instant>(),
        i64::from(sweep.limit).into_sql::<BigInt>(),
    ))
    .load(conn)
    .await?;
    Ok(EffectRow::sort_overdue(rows))
}

/// Cases in `CustomerSuccess` without an effect.
struct Orphans;

impl Script for Orphans {
    const HEAD: &'static str = concat!(
        "select ",
        member_columns!("m"),
        ", ",
        case_columns!("c"),
        " from upgrade_case c join members m on m.member_id = c.member_id \
        where c.state = 'CustomerSuccess' and not exists \
            (select from core_bank_effect e where e.case_id = c.case_id) limit ",
    );
    const TAIL: &'static str = "";
    type Row = (members::SqlType, upgrade_case::SqlType);
}

pub(super) async fn orphans(
    conn: &mut AsyncPgConnection,
    limit: u32,
) -> Result<Vec<CaseSnapshot>, Fault> {
    let orphans = statement::<Orphans, _>((i64::from(limit).into_sql::<BigInt>(),));
    let rows: Vec<(MemberRow, CaseRow)> = orphans.load(conn).await?;
    Ok(orphaned(rows))
}
