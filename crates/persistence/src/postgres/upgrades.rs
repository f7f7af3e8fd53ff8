//! The upgrade store on PostgreSQL: a batch is one transaction, one statement per kind of change.

mod load;
mod transition;

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_types::{Binary, Integer, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use madoguchi_domain::port::{Committed, Timeline};
use madoguchi_domain::secret::SecretKey;
use madoguchi_domain::upgrade::{CaseId, Change, Write};

use super::audit;
use crate::column::{At, CaseUuid};
use crate::fault::Fault;
use crate::rows::{CaseRow, EvidenceRow, HistoryRow, QrRow};
use crate::schema::{Id, Instant, core_bank_evidence, upgrade_history};
use crate::statement::{Script, array, statement};

pub(super) use load::load;

pub(super) async fn commit(
    conn: &mut AsyncPgConnection,
    changes: &[Change],
    key: &SecretKey,
) -> Result<Vec<Committed>, Fault> {
    let mut moved = open(conn, changes).await?;
    moved.extend(reissue(conn, changes).await?);
    moved.extend(transition::transition(conn, changes).await?);
    moved.extend(transition::plan(conn, changes).await?);
    let became: Vec<Committed> = changes
        .iter()
        .map(|change| match change.write.case() {
            Some(case) if !moved.contains(&case) => Committed::Lost,
            Some(_) | None => Committed::Moved,
        })
        .collect();
    let entries = changes.iter().zip(&became).filter(|(_, it)| **it == Committed::Moved);
    let entries: Vec<_> = entries.map(|(change, _)| &change.audit).collect();
    audit::append(conn, key, entries).await?;
    Ok(became)
}

/// Inserts cases with their first history row and QR code; returns the ids that were inserted.
struct Open;

impl Script for Open {
    const HEAD: &'static str = "with input as (select * from unnest(";
    const TAIL: &'static str = ") as i (case_id, member_id, attempt, state, version, qr_serial, \
        qr_expires_at, opened_at, token_hash, why, actor_issuer, actor_subject, actor_kind, \
        correlation)), \
        opened as (insert into upgrade_case (case_id, member_id, attempt, state, version, \
            qr_serial, qr_expires_at, opened_at) \
            select case_id, member_id, attempt, state, version, qr_serial, qr_expires_at, \
                opened_at from input order by member_id \
            on conflict do nothing returning case_id), \
        qr_rows as (insert into upgrade_qr (token_hash, case_id, serial) \
            select token_hash, case_id, qr_serial from input join opened using (case_id)), \
        history_rows as (insert into upgrade_history (case_id, version, from_state, to_state, \
            why, actor_issuer, actor_subject, actor_kind, at, correlation) \
            select case_id, version, null, state, why, actor_issuer, actor_subject, actor_kind, \
                opened_at, correlation from input join opened using (case_id)) \
        select case_id from opened";
    type Row = (Id,);
}

async fn open(conn: &mut AsyncPgConnection, changes: &[Change]) -> Result<HashSet<CaseId>, Fault> {
    let mut rows = Vec::new();
    for change in changes {
        if let Write::Open { case, qr, history } = &change.write {
            rows.push((CaseRow::from(&**case), qr.0, HistoryRow::new(history, case.version)));
        }
    }
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    let opened = statement::<Open, _>((
        array!(rows, Id, |row| row.0.case_id),
        array!(rows, Text, |row| &*row.0.member_id),
        array!(rows, Integer, |row| row.0.attempt),
        array!(rows, Text, |row| &*row.0.state),
        array!(rows, Integer, |row| row.0.version),
        array!(rows, Integer, |row| row.0.qr_serial),
        array!(rows, Instant, |row| row.0.qr_expires_at),
        array!(rows, Instant, |row| row.0.opened_at),
        array!(rows, Binary, |row| row.1.as_slice()),
        array!(rows, Text, |row| &*row.2.why),
        array!(rows, Text, |row| &*row.2.actor_issuer),
        array!(rows, Text, |row| &*row.2.actor_subject),
        array!(rows, Text, |row| &*row.2.actor_kind),
        array!(rows, Text, |row| &*row.2.correlation),
    ));
    Ok(ids(opened.load(conn).await?))
}

/// Issues a new QR code for cases that are still `New`; returns their ids.
struct Reissue;

impl Script for Reissue {
    const HEAD: &'static str = "with input as (select * from unnest(";
    const TAIL: &'static str = ") as i (case_id, version, serial, expires_at, token_hash)), \
        moved as (update upgrade_case c set version = c.version + 1, qr_serial = i.serial, \
            qr_expires_at = i.expires_at from input i \
            where c.case_id = i.case_id and c.version = i.version and c.state = 'New' \
            returning c.case_id), \
        qr_rows as (insert into upgrade_qr (token_hash, case_id, serial) \
            select token_hash, case_id, serial from input join moved using (case_id)) \
        select case_id from moved";
    type Row = (Id,);
}

async fn reissue(
    conn: &mut AsyncPgConnection,
    changes: &[Change],
) -> Result<HashSet<CaseId>, Fault> {
    let mut rows = Vec::new();
    for change in changes {
        if let Write::ReissueQr { case, expected, qr, hash } = &change.write {
            rows.push((expected.0, At::from(qr.expires_at), QrRow::new((*case).into(), *qr, hash)));
        }
    }
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    let reissued = statement::<Reissue, _>((
        array!(rows, Id, |row| row.2.case_id),
        array!(rows, Integer, |row| row.0),
        array!(rows, Integer, |row| row.2.serial),
        array!(rows, Instant, |row| row.1),
        array!(rows, Binary, |row| row.2.token_hash.as_slice()),
    ));
    Ok(ids(reissued.load(conn).await?))
}

fn ids(rows: Vec<(CaseUuid,)>) -> HashSet<CaseId> {
    rows.into_iter().map(|(id,)| id.into()).collect()
}

pub(super) async fn timeline(
    conn: &mut AsyncPgConnection,
    case: CaseId,
) -> Result<Timeline, Fault> {
    let case = CaseUuid::from(case);
    let history: Vec<HistoryRow<'static>> = upgrade_history::table
        .filter(upgrade_history::case_id.eq(case))
        .order(upgrade_history::version)
        .select(HistoryRow::as_select())
        .load(conn)
        .await?;
    let evidence: Vec<EvidenceRow<'static>> = core_bank_evidence::table
        .filter(core_bank_evidence::case_id.eq(case))
        .order(core_bank_evidence::evidence_id)
        .select(EvidenceRow::as_select())
        .load(conn)
        .await?;
    Ok(Timeline {
        history: history.into_iter().map(HistoryRow::parse).collect::<Result<_, _>>()?,
        evidence: evidence.into_iter().map(EvidenceRow::parse).collect::<Result<_, _>>()?,
    })
}
