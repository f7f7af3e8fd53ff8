//! State transitions on PostgreSQL: cases and history of a batch in one statement.

use std::collections::HashSet;

use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use madoguchi_domain::change::Change;
use madoguchi_domain::upgrade::Write;

use crate::database::column::Key;
use crate::database::fault::Fault;
use crate::database::schema::{Id, Instant};
use crate::database::statement::{Columns, Part, Script, array, statement};
use crate::upgrade::history_row::HistoryRow;
use crate::upgrade::row::CaseRow;

/// Moves cases that pass the version check, with their history.
struct Transition;

impl Script for Transition {
    const HEAD: &'static [Part] = &[Part::Sql("with input as (select * from unnest(")];
    const TAIL: &'static [Part] = &[
        Part::Sql(") as i ("),
        Part::Columns(CaseRow::COLUMNS),
        Part::Sql(
            ", from_state, why, actor_issuer, actor_subject, actor_kind, at, correlation)), \
             moved as (update upgrade_case c set state = i.state, version = i.version, \
                 check_source = i.check_source, check_reference = i.check_reference, \
                 checked_at = i.checked_at, decided_at = i.decided_at, \
                 target_level = i.target_level \
                 from input i where c.case_id = i.case_id and c.version = i.version - 1 \
                     and c.state = i.from_state returning i.*), \
             history_rows as (insert into upgrade_history (case_id, version, from_state, \
                 to_state, why, actor_issuer, actor_subject, actor_kind, at, correlation) \
                 select case_id, version, from_state, state, why, actor_issuer, actor_subject, \
                     actor_kind, at, correlation from moved) \
             select case_id from moved",
        ),
    ];
    type Row = (Id,);
}

pub(super) async fn transition(
    conn: &mut AsyncPgConnection,
    changes: &[Change<Write>],
) -> Result<HashSet<Key>, Fault> {
    let mut rows = Vec::new();
    for change in changes {
        if let Write::Move { after, from, history, .. } = &change.write {
            rows.push((CaseRow::from(&**after), from, HistoryRow::new(history, after.version)));
        }
    }
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    // All batches lock rows in the same order, so that two of them cannot deadlock.
    rows.sort_by_key(|(case, ..)| case.case_id);
    let (cases, rows): (Vec<CaseRow>, Vec<_>) =
        rows.into_iter().map(|(case, from, history)| (case, (from, history))).unzip();
    let moved = statement::<Transition, _>((
        CaseRow::arrays(&cases),
        array!(rows, Text, |row| row.0.as_str()),
        array!(rows, Text, |row| &*row.1.why),
        array!(rows, Text, |row| &*row.1.actor_issuer),
        array!(rows, Text, |row| &*row.1.actor_subject),
        array!(rows, Text, |row| &*row.1.actor_kind),
        array!(rows, Instant, |row| row.1.at),
        array!(rows, Text, |row| &*row.1.correlation),
    ));
    Ok(ids(moved.load(conn).await?))
}

/// The ids of the rows that were written.
pub(super) fn ids(rows: Vec<(Key,)>) -> HashSet<Key> {
    rows.into_iter().map(|(id,)| id).collect()
}
