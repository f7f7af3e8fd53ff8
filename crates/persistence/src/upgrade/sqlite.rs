//! The upgrade store on SQLite: a batch is a loop of prepared statements in one transaction.

mod load;

use async_trait::async_trait;
use diesel::dsl::AsExprOf;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Text};
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::port::{StoreError, UpgradeStore};
use madoguchi_domain::secret::SecretKey;
use madoguchi_domain::upgrade::{
    Case, CaseId, CaseSnapshot, CheckReference, CheckSource, FoundCase, HistoryEntry, Lookup,
    QrIssue, QrTokenHash, StateName, Timeline, Version, Write,
};

use super::history_row::HistoryRow;
use super::row::{CaseRow, CheckRow, QrRow, key, serial};
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::schema::{
    Id, Instant, upgrade_case, upgrade_check, upgrade_history, upgrade_qr,
};
use crate::database::sqlite::SqliteStore;
use crate::database::statement::{Rewrite, rewrite};
use crate::member;
use crate::sqlite::{audit, effect as planning, idempotency, upgrade};
use load::load;

fn commit(
    conn: &mut SqliteConnection,
    changes: &[Change<Write>],
    key: &SecretKey,
) -> Result<Vec<Committed>, Fault> {
    let committed: Result<Vec<Committed>, Fault> =
        changes.iter().map(|change| one(conn, change)).collect();
    let committed = committed?;
    let moved = changes.iter().zip(&committed).filter(|(_, it)| **it == Committed::Moved);
    audit::append(conn, key, moved.map(|(change, _)| &change.audit))?;
    Ok(committed)
}

fn one(conn: &mut SqliteConnection, change: &Change<Write>) -> Result<Committed, Fault> {
    let is_written = match &change.write {
        Write::Open { case, qr, history } => open(conn, case, qr, history)?,
        Write::ReissueQr { case, expected, qr, hash } => {
            reissue(conn, key(*case), *expected, *qr, hash)?
        }
        Write::Move { after, from, history, check, target } => {
            let is_moved = transition(conn, after, *from, history)?;
            if is_moved && let Some(check) = check {
                add_check(conn, after.id, check)?;
            }
            if is_moved && let Some(target) = target {
                member::sqlite::set_target(conn, &after.member, target)?;
            }
            is_moved
        }
        Write::AddCheck { case, check } => {
            add_check(conn, *case, check)?;
            true
        }
        Write::SetTarget { member, target, .. } => {
            member::sqlite::set_target(conn, member, target)?;
            true
        }
        Write::Nothing => true,
    };
    if !is_written {
        return Ok(Committed::Lost);
    }
    planning::plan(conn, &change.effects)?;
    idempotency::insert(conn, change.replay.as_ref())?;
    Ok(Committed::Moved)
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
    case: Key,
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
            dsl::qr_expires_at.eq(At::from(qr.expires_at)),
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
    Ok(true)
}

/// Writes the result of a check. Checks and decisions update only their own columns, because SQLite
/// updates every index of a column that is set, even if its value is unchanged.
struct Checked;

impl Rewrite for Checked {
    const TABLE: &'static str = "upgrade_case";
    const SET: &'static [&'static str] =
        &["state", "version", "check_source", "check_reference", "checked_at"];
    const WHERE: &'static [&'static str] = UNMOVED;
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
    const TABLE: &'static str = "upgrade_case";
    const SET: &'static [&'static str] = &["state", "version", "decided_at", "target_level"];
    const WHERE: &'static [&'static str] = UNMOVED;
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

/// The columns of [`unmoved`].
const UNMOVED: &[&str] = &["case_id", "version", "state"];

type Unmoved<'a> = (AsExprOf<Key, Id>, AsExprOf<i32, Integer>, AsExprOf<&'a str, Text>);

fn add_check(
    conn: &mut SqliteConnection,
    case: CaseId,
    check: &(CheckSource, CheckReference),
) -> Result<(), Fault> {
    let row = CheckRow::new(case, check);
    diesel::insert_into(upgrade_check::table).values(&row).execute(conn)?;
    Ok(())
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

#[async_trait]
impl UpgradeStore for SqliteStore {
    async fn load(&self, lookups: &[Lookup]) -> Result<Vec<Option<FoundCase>>, StoreError> {
        let lookups = lookups.to_vec();
        if lookups.len() > 1 {
            // A batch is written next.
            return self.read_before_write(move |conn| load(conn, &lookups)).await;
        }
        self.read(move |conn| load(conn, &lookups)).await
    }

    async fn commit(&self, changes: &[Change<Write>]) -> Result<Vec<Committed>, StoreError> {
        let attempt = |changes: &[Change<Write>]| {
            let (changes, key) = (changes.to_vec(), self.audit_key.clone());
            self.try_write(|_| true, move |conn| commit(conn, &changes, &key))
        };
        match attempt(changes).await {
            // One change violates a unique index: commit one by one, to lose only it.
            Err(fault) if fault.is_taken() => {}
            done => return done.map_err(Fault::report),
        }
        let mut committed = Vec::with_capacity(changes.len());
        for change in changes {
            match attempt(std::slice::from_ref(change)).await {
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
