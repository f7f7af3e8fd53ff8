//! The upgrade store on PostgreSQL: a batch is one transaction, one statement per kind of change.

mod load;
mod transition;

use std::collections::HashSet;

use async_trait::async_trait;
use diesel::sql_types::{Binary, Integer, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::member::MemberId;
use madoguchi_domain::port::{StoreError, UpgradeStore};
use madoguchi_domain::secret::SecretKey;
use madoguchi_domain::upgrade::{CaseId, CaseSnapshot, FoundCase, Lookup, Timeline, Write};

use super::history_row::HistoryRow;
use super::row::{CaseRow, CheckRow, QrRow, key};
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::postgres::PgStore;
use crate::database::schema::{Id, Instant};
use crate::database::statement::{Columns, Part, Script, array, statement};
use crate::postgres::upgrade;
use crate::{audit, effect, idempotency, member};
use load::load;
use transition::{ids, transition};

async fn commit(
    conn: &mut AsyncPgConnection,
    changes: &[Change<Write>],
    key: &SecretKey,
) -> Result<Vec<Committed>, Fault> {
    let mut moved = open(conn, changes).await?;
    moved.extend(reissue(conn, changes).await?);
    moved.extend(transition(conn, changes).await?);
    let committed: Vec<Committed> = changes
        .iter()
        .map(|change| match &change.write {
            Write::Open { case, .. } => is_moved(&moved, case.id),
            Write::ReissueQr { case, .. } => is_moved(&moved, *case),
            Write::Move { after, .. } => is_moved(&moved, after.id),
            // These are lost by a unique index, which fails the whole batch.
            Write::AddCheck { .. } | Write::SetTarget { .. } | Write::Nothing => Committed::Moved,
        })
        .collect();
    let both = changes.iter().zip(&committed);
    let moved = both.filter(|(_, it)| **it == Committed::Moved).map(|(change, _)| change);
    add_checks(conn, moved.clone()).await?;
    effect::postgres::plan(conn, moved.clone().flat_map(|change| &change.effects)).await?;
    let replays = moved.clone().filter_map(|change| change.replay.as_ref());
    idempotency::postgres::insert(conn, replays).await?;
    member::postgres::set_targets(conn, moved.clone().filter_map(target).collect()).await?;
    let entries: Vec<_> = moved.map(|change| &change.audit).collect();
    audit::postgres::append(conn, key, entries).await?;
    Ok(committed)
}

fn is_moved(moved: &HashSet<Key>, case: CaseId) -> Committed {
    if moved.contains(&key(case)) { Committed::Moved } else { Committed::Lost }
}
/// Inserts cases with their first history row and QR code; returns the ids that were inserted.
struct Open;

impl Script for Open {
    const HEAD: &'static [Part] = &[Part::Sql("with input as (select * from unnest(")];
    const TAIL: &'static [Part] = &[
        Part::Sql(") as i ("),
        Part::Columns(CaseRow::COLUMNS),
        Part::Sql(
            ", token_hash, why, actor_issuer, actor_subject, actor_kind, correlation)), \
             opened as (insert into upgrade_case (",
        ),
        Part::Columns(CaseRow::COLUMNS),
        Part::Sql(") select "),
        Part::Columns(CaseRow::COLUMNS),
        Part::Sql(
            " from input order by member_id on conflict do nothing returning case_id), \
             qr_rows as (insert into upgrade_qr (token_hash, case_id, serial) \
                 select token_hash, case_id, qr_serial from input join opened using (case_id)), \
             history_rows as (insert into upgrade_history (case_id, version, from_state, \
                 to_state, why, actor_issuer, actor_subject, actor_kind, at, correlation) \
                 select case_id, version, null, state, why, actor_issuer, actor_subject, \
                     actor_kind, opened_at, correlation from input join opened using (case_id)) \
             select case_id from opened",
        ),
    ];
    type Row = (Id,);
}

async fn open(
    conn: &mut AsyncPgConnection,
    changes: &[Change<Write>],
) -> Result<HashSet<Key>, Fault> {
    let (mut cases, mut rows) = (Vec::new(), Vec::new());
    for change in changes {
        if let Write::Open { case, qr, history } = &change.write {
            cases.push(CaseRow::from(&**case));
            rows.push((qr.0, HistoryRow::new(history, case.version)));
        }
    }
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    let opened = statement::<Open, _>((
        CaseRow::arrays(&cases),
        array!(rows, Binary, |row| row.0.as_slice()),
        array!(rows, Text, |row| &*row.1.why),
        array!(rows, Text, |row| &*row.1.actor_issuer),
        array!(rows, Text, |row| &*row.1.actor_subject),
        array!(rows, Text, |row| &*row.1.actor_kind),
        array!(rows, Text, |row| &*row.1.correlation),
    ));
    Ok(ids(opened.load(conn).await?))
}

/// Issues a new QR code for cases that are still `New`; returns their ids.
struct Reissue;

impl Script for Reissue {
    const HEAD: &'static [Part] = &[Part::Sql("with input as (select * from unnest(")];
    const TAIL: &'static [Part] = &[
        Part::Sql(") as i (version, expires_at, "),
        Part::Columns(QrRow::COLUMNS),
        Part::Sql(
            ")), moved as (update upgrade_case c set version = c.version + 1, \
                 qr_serial = i.serial, qr_expires_at = i.expires_at from input i \
                 where c.case_id = i.case_id and c.version = i.version and c.state = 'New' \
                 returning c.case_id), \
             qr_rows as (insert into upgrade_qr (token_hash, case_id, serial) \
                 select token_hash, case_id, serial from input join moved using (case_id)) \
             select case_id from moved",
        ),
    ];
    type Row = (Id,);
}

async fn reissue(
    conn: &mut AsyncPgConnection,
    changes: &[Change<Write>],
) -> Result<HashSet<Key>, Fault> {
    let (mut rows, mut codes) = (Vec::new(), Vec::new());
    for change in changes {
        if let Write::ReissueQr { case, expected, qr, hash } = &change.write {
            rows.push((expected.0, At::from(qr.expires_at)));
            codes.push(QrRow::new(key(*case), *qr, hash));
        }
    }
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    let reissued = statement::<Reissue, _>((
        array!(rows, Integer, |row| row.0),
        array!(rows, Instant, |row| row.1),
        QrRow::arrays(&codes),
    ));
    Ok(ids(reissued.load(conn).await?))
}

/// Inserts the references of checks.
struct AddChecks;

impl Script for AddChecks {
    const HEAD: &'static [Part] = &[
        Part::Sql("insert into upgrade_check ("),
        Part::Columns(CheckRow::COLUMNS),
        Part::Sql(") select * from unnest("),
    ];
    const TAIL: &'static [Part] = &[Part::Sql(")")];
    type Row = ();
}

async fn add_checks(
    conn: &mut AsyncPgConnection,
    moved: impl Iterator<Item = &Change<Write>> + Send,
) -> Result<(), Fault> {
    let checks = moved.filter_map(|change| match &change.write {
        Write::Move { after, check: Some(check), .. } => Some(CheckRow::new(after.id, check)),
        Write::AddCheck { case, check } => Some(CheckRow::new(*case, check)),
        Write::Open { .. }
        | Write::ReissueQr { .. }
        | Write::Move { check: None, .. }
        | Write::SetTarget { .. }
        | Write::Nothing => None,
    });
    let mut rows: Vec<CheckRow> = checks.collect();
    // All batches write index entries in the same order, so that two of them cannot deadlock.
    rows.sort_by(|a, b| (a.source, &a.reference).cmp(&(b.source, &b.reference)));
    if !rows.is_empty() {
        statement::<AddChecks, _>(CheckRow::arrays(&rows)).execute(conn).await?;
    }
    Ok(())
}

/// The level that a change makes its member's target.
fn target(change: &Change<Write>) -> Option<(&MemberId, &AccountLevel)> {
    match &change.write {
        Write::Move { after, target: Some(target), .. } => Some((&after.member, target)),
        Write::SetTarget { member, target, .. } => Some((member, target)),
        Write::Open { .. }
        | Write::ReissueQr { .. }
        | Write::Move { target: None, .. }
        | Write::AddCheck { .. }
        | Write::Nothing => None,
    }
}

#[async_trait]
impl UpgradeStore for PgStore {
    async fn load(&self, lookups: &[Lookup]) -> Result<Vec<Option<FoundCase>>, StoreError> {
        self.query(async |conn| load(conn, lookups).await).await
    }

    async fn commit(&self, changes: &[Change<Write>]) -> Result<Vec<Committed>, StoreError> {
        let attempt =
            |changes| self.transact(async move |conn| commit(conn, changes, &self.audit_key).await);
        match self.repeating(|| attempt(changes)).await {
            // One change violates a unique index: commit one by one, to lose only it.
            Err(fault) if fault.is_taken() => {}
            done => return done.map_err(Fault::report),
        }
        let mut committed = Vec::with_capacity(changes.len());
        for change in changes {
            match self.repeating(|| attempt(std::slice::from_ref(change))).await {
                Err(fault) if fault.is_taken() => committed.push(Committed::Lost),
                done => committed.extend(done.map_err(Fault::report)?),
            }
        }
        Ok(committed)
    }

    async fn timeline(&self, case: CaseId) -> Result<Timeline, StoreError> {
        self.read(move |conn| upgrade::timeline(conn, case)).await
    }

    async fn orphans(&self, limit: u32) -> Result<Vec<CaseSnapshot>, StoreError> {
        self.read(move |conn| upgrade::orphans(conn, limit)).await
    }
}
