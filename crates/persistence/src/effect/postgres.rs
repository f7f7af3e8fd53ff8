//! The effect queue on PostgreSQL: a batch in one statement.

use std::collections::HashSet;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use madoguchi_domain::audit::AuditEntry;
use madoguchi_domain::effect::{
    Claim, Effect, EffectKey, EffectKind, EffectQuery, FoundEffect, ListedEffect, Overdue, Sweep,
    UnsettledEffects,
};
use madoguchi_domain::port::{EffectChange, EffectQueue, Recorded, StoreError};
use madoguchi_domain::secret::SecretKey;

use super::row::{EvidenceRow, OrderRow, StateRow};
use super::selection::{self, ASK};
use super::transition::{Guarded, claimed, written};
use super::unreadable::{Round, UnreadableRow};
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::postgres::{PgStore, in_transaction};
use crate::database::schema::{Id, Instant};
use crate::database::statement::{Columns, Part, Script, array, statement};
use crate::postgres::{counting, operating};
use crate::{audit, consequence};

/// Due effects that no other worker has locked.
struct Due;

impl Script for Due {
    const HEAD: &'static [Part] = ASK;
    const TAIL: &'static [Part] =
        &[Part::All(selection::DUE), Part::Sql(" for no key update of e skip locked")];
    type Row = selection::Due;
}

async fn claim(
    conn: &mut AsyncPgConnection,
    claim: &Claim,
    key: &SecretKey,
) -> Result<Vec<Effect>, Fault> {
    let due = statement::<Due, _>((
        claim.kind.as_str().into_sql::<Text>(),
        At::from(claim.act.at()).into_sql::<Instant>(),
        i64::from(claim.limit).into_sql::<BigInt>(),
    ));
    let round = Round { kind: &claim.kind, policy: &claim.policy, act: &claim.act };
    let (effects, unreadable) = round.split(due.load(conn).await?);
    let claims = effects.iter().filter_map(|effect| claim.change(effect).ok());
    let mut changes: Vec<Guarded> = claims.map(Guarded::from).collect();
    let claims = changes.len();
    changes.extend(round.set_aside(unreadable));
    let recorded = write(conn, &changes, key).await?;
    Ok(claimed(changes, &recorded, claims))
}

/// Writes transitions under their fence; returns the keys that were written.
struct Move;

impl Script for Move {
    const HEAD: &'static [Part] = &[
        Part::Sql("update effect e set ("),
        Part::Columns(StateRow::COLUMNS),
        Part::Sql(") = ("),
        Part::Of("i", StateRow::COLUMNS),
        Part::Sql(") from unnest("),
    ];
    const TAIL: &'static [Part] = &[
        Part::Sql(") as i (kind, id, from_state, expected, "),
        Part::Columns(StateRow::COLUMNS),
        Part::Sql(
            ") where e.kind = i.kind and e.id = i.id and e.fence = i.expected \
             and e.state = i.from_state returning e.kind, e.id",
        ),
    ];
    type Row = (Text, Id);
}

/// Writes changes with everything that belongs to them.
async fn write(
    conn: &mut AsyncPgConnection,
    changes: &[Guarded],
    key: &SecretKey,
) -> Result<Vec<Recorded>, Fault> {
    let recorded = transition(conn, changes).await?;
    let evidence = changes.iter().zip(&recorded);
    let evidence = evidence.filter_map(|(guarded, recorded)| guarded.evidence(*recorded));
    let evidence: Vec<EvidenceRow<'_>> = evidence.map(EvidenceRow::from).collect();
    if !evidence.is_empty() {
        statement::<InsertEvidence, _>(EvidenceRow::arrays(&evidence)).execute(conn).await?;
    }
    let consequences =
        written(changes, &recorded).filter_map(|change| change.write.consequence.as_ref());
    consequence::postgres::write(conn, consequences).await?;
    plan(conn, written(changes, &recorded).flat_map(|change| &change.effects)).await?;
    let entries: Vec<&AuditEntry> =
        written(changes, &recorded).map(|change| &change.audit).collect();
    audit::postgres::append(conn, key, entries).await?;
    Ok(recorded)
}

async fn transition(
    conn: &mut AsyncPgConnection,
    changes: &[Guarded],
) -> Result<Vec<Recorded>, Fault> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let id = |guarded: &Guarded| Key(guarded.change.write.after.order.key.id.0);
    let mut sorted: Vec<&Guarded> = changes.iter().collect();
    // All batches lock rows in the same order, so that two of them cannot deadlock.
    sorted.sort_by_key(|guarded| &guarded.change.write.after.order.key);
    let states: Vec<StateRow> =
        sorted.iter().map(|guarded| (&guarded.change.write.after).into()).collect();
    let moved: Vec<(String, Key)> = statement::<Move, _>((
        array!(sorted, Text, |row| row.change.write.after.order.key.kind.as_str()),
        array!(sorted, Id, |row| id(row)),
        array!(sorted, Text, |row| &*row.from),
        array!(sorted, Integer, |row| row.fence),
        StateRow::arrays(&states),
    ))
    .load(conn)
    .await?;
    let moved: HashSet<(String, Key)> = moved.into_iter().collect();
    let recorded = changes.iter().map(|guarded| {
        let kind = guarded.change.write.after.order.key.kind.as_str().to_owned();
        let is_written = moved.contains(&(kind, id(guarded)));
        if is_written { Recorded::Written } else { Recorded::FencedOut }
    });
    Ok(recorded.collect())
}

/// Inserts evidence.
struct InsertEvidence;

impl Script for InsertEvidence {
    const HEAD: &'static [Part] = &[
        Part::Sql("insert into effect_evidence ("),
        Part::Columns(EvidenceRow::COLUMNS),
        Part::Sql(") select * from unnest("),
    ];
    const TAIL: &'static [Part] = &[Part::Sql(")")];
    type Row = ();
}

/// Inserts effects.
struct Plan;

impl Script for Plan {
    const HEAD: &'static [Part] = &[
        Part::Sql("insert into effect ("),
        Part::Columns(OrderRow::COLUMNS),
        Part::Sql(", "),
        Part::Columns(StateRow::COLUMNS),
        Part::Sql(") select * from unnest("),
    ];
    const TAIL: &'static [Part] = &[Part::Sql(")")];
    type Row = ();
}

/// Inserts planned effects, inside the transaction of the change that plans them.
pub(crate) async fn plan<'a>(
    conn: &mut AsyncPgConnection,
    effects: impl Iterator<Item = &'a Effect> + Send,
) -> Result<(), Fault> {
    let mut effects: Vec<&Effect> = effects.collect();
    // All batches write index entries in the same order, so that two of them cannot deadlock.
    effects.sort_by_key(|effect| &effect.order.key);
    let effects = effects.into_iter();
    let (orders, states): (Vec<OrderRow<'_>>, Vec<StateRow>) =
        effects.map(|effect| (OrderRow::from(effect), StateRow::from(effect))).unzip();
    if orders.is_empty() {
        return Ok(());
    }
    let insert = statement::<Plan, _>((OrderRow::arrays(&orders), StateRow::arrays(&states)));
    insert.execute(conn).await?;
    Ok(())
}

/// Effects that need a decision of the sweeper.
struct WaitForDecision;

impl Script for WaitForDecision {
    const HEAD: &'static [Part] = ASK;
    const TAIL: &'static [Part] = selection::OVERDUE;
    type Row = selection::OverdueRow;
}

async fn overdue(
    conn: &mut AsyncPgConnection,
    sweep: &Sweep,
) -> Result<(Vec<Overdue>, Vec<UnreadableRow>), Fault> {
    let rows = statement::<WaitForDecision, _>((
        sweep.kind.as_str().into_sql::<Text>(),
        At::from(sweep.act.at()).into_sql::<Instant>(),
        i64::from(sweep.limit).into_sql::<BigInt>(),
    ));
    let round = Round { kind: &sweep.kind, policy: &sweep.policy, act: &sweep.act };
    Ok(round.split_overdue(rows.load(conn).await?))
}

impl PgStore {
    async fn try_record(&self, changes: &[Guarded]) -> Result<Vec<Recorded>, Fault> {
        self.repeating(|| self.transact(async |conn| write(conn, changes, &self.audit_key).await))
            .await
    }
}

impl PgStore {
    /// Records each change under a savepoint of its own.
    async fn record_each(
        &self,
        conn: &mut AsyncPgConnection,
        changes: &[Guarded],
    ) -> Result<Vec<Recorded>, Fault> {
        let key = &self.audit_key;
        let mut recorded = Vec::with_capacity(changes.len());
        for one in changes {
            let alone = std::slice::from_ref(one);
            let done = in_transaction(conn, async |conn| write(conn, alone, key).await).await;
            recorded.extend(match done {
                Err(fault) if fault.is_taken() => {
                    let alone = [one.clone().without_followers()];
                    in_transaction(conn, async |conn| write(conn, &alone, key).await).await?
                }
                done => done?,
            });
        }
        Ok(recorded)
    }
}

#[async_trait]
impl EffectQueue for PgStore {
    async fn claim(&self, request: &Claim) -> Result<Vec<Effect>, StoreError> {
        let attempt = || self.transact(async |conn| claim(conn, request, &self.audit_key).await);
        match self.repeating(attempt).await {
            // Another worker claimed an effect of the same queue first.
            Err(fault) if fault.is_taken() => Ok(Vec::new()),
            done => done.map_err(Fault::report),
        }
    }

    async fn record(&self, changes: &[EffectChange]) -> Result<Vec<Recorded>, StoreError> {
        let all: Vec<Guarded> = changes.iter().cloned().map(Guarded::from).collect();
        match self.try_record(&all).await {
            // An effect that follows cannot be planned: write one by one, to leave out only it.
            Err(fault) if fault.is_taken() => {}
            done => return done.map_err(Fault::report),
        }
        let attempt = || self.transact(async |conn| self.record_each(conn, &all).await);
        self.repeating(attempt).await.map_err(Fault::report)
    }

    async fn overdue(&self, sweep: &Sweep) -> Result<Vec<Overdue>, StoreError> {
        let (found, unreadable) = self.query(async |conn| overdue(conn, sweep).await).await?;
        if !unreadable.is_empty() {
            let round = Round { kind: &sweep.kind, policy: &sweep.policy, act: &sweep.act };
            let changes = round.set_aside(unreadable);
            self.try_record(&changes).await.map_err(Fault::report)?;
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
