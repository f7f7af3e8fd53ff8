//! The store of legal holds.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::port::{HoldStore, Sealer, StoreError};
use madoguchi_domain::retention::{
    HeldContacts, HoldId, HoldQuery, HoldSubject, HoldWrite, LegalHold,
};

use super::commit::commit;
use super::retention::{self, HOLDS_LOCK};
use super::{Conn, Store, data_key, lock_values};
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::schema::{contact, data_key as stored_key, legal_hold, person};
use crate::retention::hold_row::{HoldRow, ReleaseRow};
use crate::vault::row::DataKeyRow;
use crate::vault::sealed_row::store_error;
use crate::vault::sealed_store::SealedStore;

type Row = (HoldRow, ReleaseRow, Option<DataKeyRow>);

#[async_trait]
impl HoldStore for SealedStore<Store> {
    async fn find(&self, id: HoldId) -> Result<Option<LegalHold>, StoreError> {
        let sealer = Arc::clone(&self.sealer);
        self.store.read(move |conn| find(conn, &*sealer, id)).await
    }

    async fn list(&self, query: &HoldQuery) -> Result<Vec<LegalHold>, StoreError> {
        let (query, sealer) = (query.clone(), Arc::clone(&self.sealer));
        self.store.read(move |conn| list(conn, &*sealer, &query)).await
    }

    async fn covered(&self, subject: &HoldSubject) -> Result<Option<HeldContacts>, StoreError> {
        let subject = subject.clone();
        self.store.read(move |conn| covered(conn, &subject)).await
    }

    async fn commit(&self, changes: &[Change<HoldWrite>]) -> Result<Vec<Committed>, StoreError> {
        let (changes, sealer) = (changes.to_vec(), Arc::clone(&self.sealer));
        let key = self.store.audit_key.clone();
        let write = move |conn: &mut Conn, change: &Change<HoldWrite>| match &change.write {
            HoldWrite::Place(hold) => place(conn, &*sealer, hold),
            HoldWrite::Release(id, mark) => {
                let in_force =
                    legal_hold::table.find(Key(id.0)).filter(legal_hold::released_at.is_null());
                Ok(diesel::update(in_force).set(ReleaseRow::from(mark)).execute(conn)? > 0)
            }
        };
        let work = move |conn: &mut Conn| {
            lock_values(conn, vec![HOLDS_LOCK])?;
            commit(conn, &changes, &key, &write)
        };
        self.store.write(work).await
    }
}

fn place(conn: &mut Conn, sealer: &dyn Sealer, hold: &LegalHold) -> Result<bool, Fault> {
    let key = sealer.new_data_key().map_err(|why| store_error(why, "data_key.wrapped"))?;
    data_key::insert(conn, hold.data_key, &key)?;
    let row = (HoldRow::seal(sealer, &key, hold)?, NOT_RELEASED);
    diesel::insert_into(legal_hold::table).values(row).execute(conn)?;
    Ok(true)
}

const NOT_RELEASED: ReleaseRow = ReleaseRow {
    released_at: None,
    released_issuer: None,
    released_subject: None,
    released_kind: None,
};

fn opened(sealer: &dyn Sealer, (hold, release, key): Row) -> Result<LegalHold, StoreError> {
    hold.open(sealer, key, &release)
}

fn find(conn: &mut Conn, sealer: &dyn Sealer, id: HoldId) -> Result<Option<LegalHold>, Fault> {
    let row: Option<Row> = legal_hold::table
        .left_join(stored_key::table.on(stored_key::data_key_id.eq(legal_hold::data_key_id)))
        .filter(legal_hold::hold_id.eq(Key(id.0)))
        .select((HoldRow::as_select(), ReleaseRow::as_select(), Option::<DataKeyRow>::as_select()))
        .get_result(conn)
        .optional()?;
    Ok(row.map(|row| opened(sealer, row)).transpose()?)
}

fn list(conn: &mut Conn, sealer: &dyn Sealer, query: &HoldQuery) -> Result<Vec<LegalHold>, Fault> {
    let (at, id) = (legal_hold::placed_at, legal_hold::hold_id);
    let mut rows = legal_hold::table
        .left_join(stored_key::table.on(stored_key::data_key_id.eq(legal_hold::data_key_id)))
        .select((HoldRow::as_select(), ReleaseRow::as_select(), Option::<DataKeyRow>::as_select()))
        .order((at.desc(), id.desc()))
        .limit(query.limit.into())
        .into_boxed();
    if let Some(subject) = &query.filter.subject {
        rows = rows
            .filter(legal_hold::subject_kind.eq(subject.kind().as_str()))
            .filter(legal_hold::subject_id.eq(subject.expose()));
    }
    if query.filter.in_force {
        rows = rows.filter(legal_hold::released_at.is_null());
    }
    if let Some(after) = query.after {
        let (last, key) = (At::from(after.at), Key(after.id));
        rows = rows.filter(at.le(last)).filter(at.lt(last).or(id.lt(key)));
    }
    let rows: Vec<Row> = rows.load(conn)?;
    let holds = rows.into_iter().map(|row| opened(sealer, row));
    Ok(holds.collect::<Result<_, _>>()?)
}

fn covered(conn: &mut Conn, subject: &HoldSubject) -> Result<Option<HeldContacts>, Fault> {
    let is_known = match subject {
        HoldSubject::Person(id) => {
            person::table.find(id.expose()).count().get_result::<i64>(conn)? > 0
        }
        HoldSubject::Application(id) => retention::find(conn, id.clone())?.is_some(),
    };
    if !is_known {
        return Ok(None);
    }
    let count = |conn: &mut Conn, is_deleted: bool, is_purged: bool| {
        let all = contact::table.count().into_boxed();
        let covered = match subject {
            HoldSubject::Person(id) => all.filter(contact::person_id.eq(id.expose())),
            HoldSubject::Application(id) => all.filter(contact::application_id.eq(id.expose())),
        };
        let state = contact::deleted_at.is_null().ne(is_deleted);
        let state = state.and(contact::purged_at.is_null().ne(is_purged));
        let count = covered.filter(state).get_result::<i64>(conn)?;
        Ok::<_, Fault>(count.unsigned_abs())
    };
    Ok(Some(HeldContacts {
        kept: count(conn, false, false)?,
        deleted: count(conn, true, false)?,
        purged: count(conn, true, true)?,
    }))
}
