//! The store of resolutions.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use madoguchi_domain::Timestamp;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::effect::{EffectKey, EffectStateName};
use madoguchi_domain::port::{ResolutionStore, Sealer, StoreError};
use madoguchi_domain::resolution::{
    Resolution, ResolutionFacts, ResolutionFilter, ResolutionQuery, ResolutionStateName,
    ResolutionWrite,
};

use super::commit::commit_all;
use super::operating::move_one;
use super::{Conn, Store, data_key};
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::parse::corrupt;
use crate::database::schema::{data_key as stored_key, effect, resolution};
use crate::resolution::row::{ClosingRow, ProposalRow, SealedProposalRow};
use crate::vault::row::DataKeyRow;
use crate::vault::sealed_row::store_error;
use crate::vault::sealed_store::SealedStore;

const OPEN: &str = ResolutionStateName::Proposed.as_str();

#[async_trait]
impl ResolutionStore for SealedStore<Store> {
    async fn open(&self, effect: &EffectKey) -> Result<Option<Resolution>, StoreError> {
        let state = Some(ResolutionStateName::Proposed);
        let filter = ResolutionFilter { state, effect: Some(effect.clone()) };
        let query = ResolutionQuery { filter, after: None, limit: 1 };
        let sealer = Arc::clone(&self.sealer);
        let open = move |conn: &mut Conn| {
            let row = load(conn, &query)?.pop();
            Ok(row.map(|row| opened(&*sealer, row)).transpose()?)
        };
        self.store.read(open).await
    }

    async fn list(&self, query: &ResolutionQuery) -> Result<Vec<Resolution>, StoreError> {
        let (query, sealer) = (query.clone(), Arc::clone(&self.sealer));
        self.store.read(move |conn| list(conn, &*sealer, query)).await
    }

    async fn lapsed(&self, by: Timestamp, limit: u32) -> Result<Vec<ResolutionFacts>, StoreError> {
        self.store.read(move |conn| lapsed(conn, by, limit)).await
    }

    async fn commit(&self, changes: &[Change<ResolutionWrite>]) -> Result<Committed, StoreError> {
        let (changes, sealer) = (changes.to_vec(), Arc::clone(&self.sealer));
        let key = self.store.audit_key.clone();
        let write = move |conn: &mut Conn, change: &Change<ResolutionWrite>| match &change.write {
            ResolutionWrite::Propose(new) => propose(conn, &*sealer, new),
            ResolutionWrite::Close(facts) => close(conn, facts),
            ResolutionWrite::Move(moved) => move_one(conn, moved),
        };
        self.store.write(move |conn| commit_all(conn, &changes, &key, &write)).await
    }
}

fn lapsed(conn: &mut Conn, by: Timestamp, limit: u32) -> Result<Vec<ResolutionFacts>, Fault> {
    let settled = EffectStateName::ALL.into_iter().filter(|state| state.is_settled());
    let is_settled = effect::state.eq_any(settled.map(EffectStateName::as_str));
    let rows: Vec<(ProposalRow, ClosingRow)> = resolution::table
        .inner_join(
            effect::table.on(effect::id.eq(resolution::id).and(effect::kind.eq(resolution::kind))),
        )
        .filter(resolution::state.eq(OPEN))
        .filter(resolution::lapses_at.le(At::from(by)).or(is_settled))
        .order(resolution::lapses_at)
        .limit(limit.into())
        .select((ProposalRow::as_select(), ClosingRow::as_select()))
        .load(conn)?;
    let facts = rows.into_iter().filter_map(|(proposal, closing)| {
        let id = proposal.id();
        let parsed = proposal.parse(&closing);
        let report = |why: &StoreError| tracing::error!(resolution = %id, %why, "it cannot lapse");
        parsed.inspect_err(report).ok()
    });
    Ok(facts.collect())
}

type Row = (ProposalRow, SealedProposalRow, ClosingRow, Option<DataKeyRow>);

fn opened(
    sealer: &dyn Sealer,
    (proposal, sealed, closing, key): Row,
) -> Result<Resolution, StoreError> {
    let (_, key) = key.ok_or(corrupt("resolution.data_key_id"))?.parse()?;
    sealed.open(sealer, &key, proposal.parse(&closing)?)
}

/// A page of those that can be read: one that cannot is left out, and hides no other one.
fn list(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    mut query: ResolutionQuery,
) -> Result<Vec<Resolution>, Fault> {
    let mut found = Vec::new();
    while query.limit > 0 {
        let rows = load(conn, &query)?;
        let is_last_page = rows.len() < query.limit as usize;
        let Some((last, ..)) = rows.last() else { break };
        query.after = Some(last.position()?);
        for row in rows {
            let id = row.0.id();
            match opened(sealer, row) {
                Ok(resolution) => {
                    found.push(resolution);
                    query.limit -= 1;
                }
                Err(StoreError::Corrupt(place)) => {
                    tracing::error!(resolution = %id, place, "it cannot be read: left out");
                }
                Err(unavailable @ StoreError::Unavailable(_)) => return Err(unavailable.into()),
            }
        }
        if is_last_page {
            break;
        }
    }
    Ok(found)
}

fn load(conn: &mut Conn, query: &ResolutionQuery) -> Result<Vec<Row>, Fault> {
    let ResolutionQuery { filter, after, limit } = query;
    let mut rows = resolution::table
        .left_join(stored_key::table.on(stored_key::data_key_id.eq(resolution::data_key_id)))
        .select((
            ProposalRow::as_select(),
            SealedProposalRow::as_select(),
            ClosingRow::as_select(),
            Option::<DataKeyRow>::as_select(),
        ))
        .order((resolution::proposed_at.desc(), resolution::resolution_id.desc()))
        .limit((*limit).into())
        .into_boxed();
    if let Some(state) = filter.state {
        rows = rows.filter(resolution::state.eq(state.as_str()));
    }
    if let Some(effect) = &filter.effect {
        rows = rows.filter(resolution::id.eq(Key(effect.id.0)));
        rows = rows.filter(resolution::kind.eq(effect.kind.as_str()));
    }
    if let Some(after) = after {
        let (at, id) = (At::from(after.at), Key(after.id));
        let is_earlier = resolution::proposed_at.lt(at).or(resolution::resolution_id.lt(id));
        rows = rows.filter(resolution::proposed_at.le(at)).filter(is_earlier);
    }
    Ok(rows.load(conn)?)
}

/// Inserts a proposal, unless its effect has an open one. A unique index decides between two that
/// are inserted at the same moment.
fn propose(conn: &mut Conn, sealer: &dyn Sealer, new: &Resolution) -> Result<bool, Fault> {
    let facts = &new.facts;
    let open = resolution::table
        .filter(resolution::id.eq(Key(facts.effect.id.0)))
        .filter(resolution::kind.eq(facts.effect.kind.as_str()))
        .filter(resolution::state.eq(OPEN));
    if open.count().get_result::<i64>(conn)? > 0 {
        return Ok(false);
    }
    let key = sealer.new_data_key().map_err(|why| store_error(why, "data_key.wrapped"))?;
    data_key::insert(conn, facts.data_key, &key)?;
    let row = (
        ProposalRow::from(facts),
        SealedProposalRow::seal(sealer, &key, new)?,
        ClosingRow::from(&facts.state),
    );
    diesel::insert_into(resolution::table).values(row).execute(conn)?;
    Ok(true)
}

fn close(conn: &mut Conn, facts: &ResolutionFacts) -> Result<bool, Fault> {
    let open = resolution::table.find(Key(facts.id.0)).filter(resolution::state.eq(OPEN));
    let closing = ClosingRow::from(&facts.state);
    Ok(diesel::update(open).set(&closing).execute(conn)? > 0)
}
