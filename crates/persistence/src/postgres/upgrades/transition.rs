//! State transitions on PostgreSQL: case, history, effect and target of a batch in one statement.

use std::collections::HashSet;

use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use madoguchi_domain::core_bank::Effect;
use madoguchi_domain::upgrade::{CaseId, Change, Write};

use super::ids;
use crate::fault::Fault;
use crate::rows::{CaseRow, EffectRow, HistoryRow};
use crate::schema::{Id, Instant};
use crate::statement::{Script, array, statement};

/// Moves cases that pass the version check, with all rows that belong to the transition. A null
/// `transaction_id` means that no effect is planned.
struct Transition;

impl Script for Transition {
    const HEAD: &'static str = "with input as (select * from unnest(";
    const TAIL: &'static str = ") as i (case_id, from_state, to_state, version, check_source, \
        check_reference, checked_at, decided_at, target_level, why, actor_issuer, actor_subject, \
        actor_kind, at, correlation, member_id, transaction_id, txn_no, arrangement_id, \
        product_name)), \
        moved as (update upgrade_case c set state = i.to_state, version = i.version, \
            check_source = i.check_source, check_reference = i.check_reference, \
            checked_at = i.checked_at, decided_at = i.decided_at, target_level = i.target_level \
            from input i where c.case_id = i.case_id and c.version = i.version - 1 \
                and c.state = i.from_state returning i.*), \
        history_rows as (insert into upgrade_history (case_id, version, from_state, to_state, \
            why, actor_issuer, actor_subject, actor_kind, at, correlation) \
            select case_id, version, from_state, to_state, why, actor_issuer, actor_subject, \
                actor_kind, at, correlation from moved), \
        planned as (insert into core_bank_effect (case_id, member_id, arrangement_id, \
            product_name, level, transaction_id, txn_no, state, fence, due_at, unsent, ambiguous, \
            ambiguous_us, planned_at, since) \
            select case_id, member_id, arrangement_id, product_name, target_level, \
                transaction_id, txn_no, 'Planned', 0, at, 0, 0, 0, at, at \
            from moved where transaction_id is not null), \
        targets_set as (update members m set target_level = moved.target_level from moved \
            where m.member_id = moved.member_id and moved.transaction_id is not null) \
        select case_id from moved";
    type Row = (Id,);
}

pub(super) async fn transition(
    conn: &mut AsyncPgConnection,
    changes: &[Change],
) -> Result<HashSet<CaseId>, Fault> {
    let mut rows = Vec::new();
    for change in changes {
        if let Write::Move { after, from, history, effect } = &change.write {
            let order = effect.as_deref().map(|effect| &effect.order);
            let history = HistoryRow::new(history, after.version);
            rows.push((CaseRow::from(&**after), from.as_str(), history, order));
        }
    }
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    // All batches lock rows in the same order, so that two of them cannot deadlock.
    rows.sort_by_key(|(case, ..)| case.case_id.0);
    let moved = statement::<Transition, _>((
        array!(rows, Id, |row| row.0.case_id),
        array!(rows, Text, |row| row.1),
        array!(rows, Text, |row| &*row.0.state),
        array!(rows, Integer, |row| row.0.version),
        array!(rows, Nullable<Text>, |row| row.0.check_source.as_deref()),
        array!(rows, Nullable<Text>, |row| row.0.check_reference.as_deref()),
        array!(rows, Nullable<Instant>, |row| row.0.checked_at),
        array!(rows, Nullable<Instant>, |row| row.0.decided_at),
        array!(rows, Nullable<Text>, |row| row.0.target_level.as_deref()),
        array!(rows, Text, |row| &*row.2.why),
        array!(rows, Text, |row| &*row.2.actor_issuer),
        array!(rows, Text, |row| &*row.2.actor_subject),
        array!(rows, Text, |row| &*row.2.actor_kind),
        array!(rows, Instant, |row| row.2.at),
        array!(rows, Text, |row| &*row.2.correlation),
        array!(rows, Text, |row| &*row.0.member_id),
        array!(rows, Nullable<Text>, |row| row.3.map(|order| order.transaction_id.as_str())),
        array!(rows, Nullable<Text>, |row| row.3.map(|order| order.txn_no.as_str())),
        array!(rows, Nullable<Text>, |row| row.3.map(|order| order.arrangement.expose())),
        array!(rows, Nullable<Text>, |row| row.3.map(|order| order.product.as_str())),
    ));
    Ok(ids(moved.load(conn).await?))
}

/// Inserts effects for cases that have none, and writes their levels as the members' targets.
/// Returns the ids of these cases.
struct Plan;

impl Script for Plan {
    const HEAD: &'static str = "with planned as (insert into core_bank_effect (case_id, \
        member_id, arrangement_id, product_name, level, transaction_id, txn_no, state, fence, \
        due_at, unsent, ambiguous, ambiguous_us, planned_at, since) select * from unnest(";
    const TAIL: &'static str = ") on conflict (case_id) do nothing \
            returning case_id, member_id, level), \
        targets_set as (update members m set target_level = planned.level from planned \
            where m.member_id = planned.member_id) \
        select case_id from planned";
    type Row = (Id,);
}

pub(super) async fn plan(
    conn: &mut AsyncPgConnection,
    changes: &[Change],
) -> Result<HashSet<CaseId>, Fault> {
    let effects = changes.iter().filter_map(|change| match &change.write {
        Write::Plan { effect } => Some(&**effect),
        Write::Open { .. } | Write::ReissueQr { .. } | Write::Move { .. } | Write::Nothing => None,
    });
    let rows: Vec<EffectRow> = effects.map(<EffectRow as From<&Effect>>::from).collect();
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    let planned = statement::<Plan, _>((
        array!(rows, Id, |row| row.case_id),
        array!(rows, Text, |row| &*row.member_id),
        array!(rows, Text, |row| &*row.arrangement_id),
        array!(rows, Text, |row| &*row.product_name),
        array!(rows, Text, |row| &*row.level),
        array!(rows, Text, |row| &*row.transaction_id),
        array!(rows, Text, |row| &*row.txn_no),
        array!(rows, Text, |row| &*row.state),
        array!(rows, Integer, |row| row.fence),
        array!(rows, Nullable<Instant>, |row| row.due_at),
        array!(rows, Integer, |row| row.unsent),
        array!(rows, Integer, |row| row.ambiguous),
        array!(rows, BigInt, |row| row.ambiguous_us),
        array!(rows, Instant, |row| row.planned_at),
        array!(rows, Instant, |row| row.since),
    ));
    Ok(ids(planned.load(conn).await?))
}
