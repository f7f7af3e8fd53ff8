//! The effect queue on SQLite: a batch is a loop of prepared statements in one transaction.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use madoguchi_domain::effect::{
    Claim, Effect, EffectKey, EffectKind, EffectQuery, FoundEffect, ListedEffect, Overdue, Sweep,
    UnsettledEffects,
};
use madoguchi_domain::port::{EffectChange, EffectQueue, Recorded, StoreError};
use madoguchi_domain::secret::SecretKey;

use super::row::{EvidenceRow, StateRow};
use super::selection::{self, ASK};
use super::transition::{Guarded, claimed, written};
use super::unreadable::{Round, UnreadableRow};
use crate::consequence;
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::schema::{Id, Instant, effect_evidence};
use crate::database::sqlite::SqliteStore;
use crate::database::statement::{Columns, Part, Rewrite, Script, rewrite, statement};
use crate::sqlite::{audit, counting, effect as planning, operating};

/// Due effects. Selecting before updating is safe: an immediate transaction excludes all other
/// writers.
struct Due;

impl Script for Due {
    const HEAD: &'static [Part] = ASK;
    const TAIL: &'static [Part] = selection::DUE;
    type Row = selection::Due;
}

/// The claimed effects, and whether anything was written.
fn claim(
    conn: &mut SqliteConnection,
    claim: &Claim,
    key: &SecretKey,
) -> Result<(Vec<Effect>, bool), Fault> {
    let due = statement::<Due, _>((
        claim.kind.as_str().into_sql::<Text>(),
        At::from(claim.act.at()).into_sql::<Instant>(),
        i64::from(claim.limit).into_sql::<BigInt>(),
    ));
    let round = Round { kind: &claim.kind, policy: &claim.policy, act: &claim.act };
    let (effects, unreadable) = round.split(due.load(conn)?);
    let claims = effects.iter().filter_map(|effect| claim.change(effect).ok());
    let mut changes: Vec<Guarded> = claims.map(Guarded::from).collect();
    let claims = changes.len();
    changes.extend(round.set_aside(unreadable));
    let has_written = !changes.is_empty();
    let recorded = write(conn, &changes, key)?;
    Ok((claimed(changes, &recorded, claims), has_written))
}

/// Writes a transition under its fence.
struct Move;

impl Rewrite for Move {
    const TABLE: &'static str = "effect";
    const SET: &'static [&'static str] = StateRow::COLUMNS;
    const WHERE: &'static [&'static str] = &["kind", "id", "fence", "state"];
}

/// Writes changes with everything that belongs to them.
fn write(
    conn: &mut SqliteConnection,
    changes: &[Guarded],
    key: &SecretKey,
) -> Result<Vec<Recorded>, Fault> {
    let recorded: Result<Vec<Recorded>, Fault> =
        changes.iter().map(|guarded| one(conn, guarded)).collect();
    let recorded = recorded?;
    audit::append(conn, key, written(changes, &recorded).map(|change| &change.audit))?;
    Ok(recorded)
}

fn one(conn: &mut SqliteConnection, guarded: &Guarded) -> Result<Recorded, Fault> {
    let Guarded { change, from, fence } = guarded;
    let after = &change.write.after;
    let expected = (
        after.order.key.kind.as_str().into_sql::<Text>(),
        Key(after.order.key.id.0).into_sql::<Id>(),
        // SQLite may hold more than 32 bits.
        fence.0.into_sql::<BigInt>(),
        from.into_sql::<Text>(),
    );
    let row = StateRow::from(after);
    let is_written = rewrite::<Move, _, _>(row.binds(), expected).execute(conn)? > 0;
    let recorded = if is_written { Recorded::Written } else { Recorded::FencedOut };
    if let Some(evidence) = guarded.evidence(recorded) {
        let row = EvidenceRow::from(evidence);
        diesel::insert_into(effect_evidence::table).values(&row).execute(conn)?;
    }
    if is_written {
        change.write.consequence.iter().try_for_each(|it| consequence::sqlite::write(conn, it))?;
        planning::plan(conn, &change.effects)?;
    }
    Ok(recorded)
}

/// Effects that need a decision of the sweeper.
struct WaitForDecision;

impl Script for WaitForDecision {
    const HEAD: &'static [Part] = ASK;
    const TAIL: &'static [Part] = selection::OVERDUE;
    type Row = selection::OverdueRow;
}

fn overdue(
    conn: &mut SqliteConnection,
    sweep: &Sweep,
) -> Result<(Vec<Overdue>, Vec<UnreadableRow>), Fault> {
    let rows = statement::<WaitForDecision, _>((
        sweep.kind.as_str().into_sql::<Text>(),
        At::from(sweep.act.at()).into_sql::<Instant>(),
        i64::from(sweep.limit).into_sql::<BigInt>(),
    ));
    let round = Round { kind: &sweep.kind, policy: &sweep.policy, act: &sweep.act };
    Ok(round.split_overdue(rows.load(conn)?))
}

/// Records all changes at once or, if an effect that follows cannot be planned, one by one, so that
/// only that effect is left out.
fn record(
    conn: &mut SqliteConnection,
    changes: Vec<EffectChange>,
    key: &SecretKey,
) -> Result<Vec<Recorded>, Fault> {
    let mut attempt =
        |changes: &[Guarded]| conn.transaction::<_, Fault, _>(|conn| write(conn, changes, key));
    let all: Vec<Guarded> = changes.into_iter().map(Guarded::from).collect();
    match attempt(&all) {
        Err(fault) if fault.is_taken() => {}
        done => return done,
    }
    let mut recorded = Vec::with_capacity(all.len());
    for one in all {
        recorded.extend(match attempt(std::slice::from_ref(&one)) {
            Err(fault) if fault.is_taken() => attempt(&[one.without_followers()])?,
            done => done?,
        });
    }
    Ok(recorded)
}

#[async_trait]
impl EffectQueue for SqliteStore {
    async fn claim(&self, request: &Claim) -> Result<Vec<Effect>, StoreError> {
        let (request, key) = (request.clone(), self.audit_key.clone());
        let has_written = |claimed: &(Vec<Effect>, bool)| claimed.1;
        let claim = self.try_write(has_written, move |conn| claim(conn, &request, &key));
        claim.await.map(|(effects, _)| effects).map_err(Fault::report)
    }

    async fn record(&self, changes: &[EffectChange]) -> Result<Vec<Recorded>, StoreError> {
        let (changes, key) = (changes.to_vec(), self.audit_key.clone());
        let recorded = self.try_write(|_| true, move |conn| record(conn, changes, &key));
        recorded.await.map_err(Fault::report)
    }

    async fn overdue(&self, sweep: &Sweep) -> Result<Vec<Overdue>, StoreError> {
        let asked = sweep.clone();
        let (found, unreadable) = self.read(move |conn| overdue(conn, &asked)).await?;
        if !unreadable.is_empty() {
            let round = Round { kind: &sweep.kind, policy: &sweep.policy, act: &sweep.act };
            let (changes, key) = (round.set_aside(unreadable), self.audit_key.clone());
            self.write(move |conn| write(conn, &changes, &key)).await?;
        }
        Ok(found)
    }

    async fn unsettled(&self, kind: &EffectKind) -> Result<Vec<UnsettledEffects>, StoreError> {
        let kind = kind.clone();
        self.read(move |conn| counting::unsettled(conn, &kind)).await
    }

    async fn find(&self, key: &EffectKey) -> Result<Option<FoundEffect>, StoreError> {
        let key = key.clone();
        self.read(move |conn| operating::find(conn, &key)).await
    }

    async fn list(&self, query: &EffectQuery) -> Result<Vec<ListedEffect>, StoreError> {
        let query = query.clone();
        self.read(move |conn| operating::list(conn, &query)).await
    }
}
