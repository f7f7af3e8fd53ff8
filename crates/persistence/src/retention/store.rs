//! The store of retention: completions, deletions and purges.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::{
    ApplicationId, Contact, ContactEventName, ContactId, ContactWrite,
};
use madoguchi_domain::port::{RetentionStore, Sealer, StoreError};
use madoguchi_domain::retention::{
    Application, DuePage, DueQuery, PurgeGround, PurgeReceipt, RetentionWrite,
};

use super::commit::{commit, commit_all};
use super::contact_selection::Selected;
use super::retention_due::{due, held};
use super::{Conn, Store, contact as contacts, lock_values};
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::schema::{application, blind_index, contact, data_key, purge_receipt};
use crate::person::row::version_number;
use crate::retention::row::{ApplicationRow, ReceiptRow};
use crate::vault::sealed_store::SealedStore;

/// The number of the lock by which placing a hold and erasing under none exclude each other. Any
/// constant works.
pub(super) const HOLDS_LOCK: i64 = 0x6d61_646f_686f_6c64;

#[async_trait]
impl RetentionStore for SealedStore<Store> {
    async fn application(&self, id: &ApplicationId) -> Result<Option<Application>, StoreError> {
        let id = id.clone();
        self.store.read(move |conn| find(conn, id)).await
    }

    async fn due(&self, query: &DueQuery) -> Result<DuePage, StoreError> {
        let query = *query;
        self.store.read(move |conn| due(conn, &query)).await
    }

    async fn contacts(&self, ids: &[ContactId]) -> Result<Vec<Contact>, StoreError> {
        let selected = Selected::Several(ids.iter().map(|id| Key(id.0)).collect());
        let sealer = Arc::clone(&self.sealer);
        self.store.read(move |conn| contacts::load(conn, &*sealer, &selected)).await
    }

    async fn commit(
        &self,
        changes: &[Change<RetentionWrite>],
    ) -> Result<Vec<Committed>, StoreError> {
        let (changes, sealer) = (changes.to_vec(), Arc::clone(&self.sealer));
        let key = self.store.audit_key.clone();
        let work = move |conn: &mut Conn| {
            let erased: Vec<Key> =
                changes.iter().filter_map(|it| it.write.erased()).map(|id| Key(id.0)).collect();
            let held: BTreeSet<Key> = if erased.is_empty() {
                BTreeSet::new()
            } else {
                lock_values(conn, vec![HOLDS_LOCK])?;
                held(conn, &erased)?.into_iter().collect()
            };
            let write = |conn: &mut Conn, change: &Change<RetentionWrite>| {
                let erased = change.write.erased().map(|id| Key(id.0));
                if erased.is_some_and(|id| held.contains(&id)) {
                    return Ok(false);
                }
                write(conn, &*sealer, change)
            };
            // Most often none is lost, and one savepoint is enough.
            match commit_all(conn, &changes, &key, write)? {
                Committed::Moved => Ok(vec![Committed::Moved; changes.len()]),
                Committed::Lost => commit(conn, &changes, &key, write),
            }
        };
        self.store.write(work).await
    }
}

pub(super) fn find(conn: &mut Conn, id: ApplicationId) -> Result<Option<Application>, Fault> {
    let stored = application::table.find(id.expose()).select(ApplicationRow::as_select());
    let row: Option<ApplicationRow> = stored.get_result(conn).optional()?;
    if let Some(row) = row {
        return Ok(Some(Application { id, completion: Some(row.parse()?) }));
    }
    Ok(is_named(conn, id.expose())?.then_some(Application { id, completion: None }))
}

/// Whether a contact names this application, perhaps a deleted or purged one.
fn is_named(conn: &mut Conn, application: &str) -> Result<bool, Fault> {
    let names_it = contact::table.filter(contact::application_id.eq(application));
    let one: Option<Key> = names_it.select(contact::contact_id).first(conn).optional()?;
    Ok(one.is_some())
}

fn write(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    change: &Change<RetentionWrite>,
) -> Result<bool, Fault> {
    match &change.write {
        RetentionWrite::Complete { application: id, completion } => {
            let stored = application::table.find(id.expose()).count();
            if stored.get_result::<i64>(conn)? > 0 {
                return Ok(false);
            }
            let row = ApplicationRow::new(id, completion, &change.audit.act.correlation);
            diesel::insert_into(application::table).values(&row).execute(conn)?;
            Ok(true)
        }
        RetentionWrite::Report { contact: id, version, at } => {
            let unreported = contact::table
                .find(Key(id.0))
                .filter(contact::version.eq(version_number(*version)))
                .filter(contact::reported_at.is_null());
            let reported = diesel::update(unreported).set(contact::reported_at.eq(At::from(*at)));
            Ok(reported.execute(conn)? > 0)
        }
        RetentionWrite::Delete(after, version_id) => {
            let event = ContactEventName::Deleted;
            let write = ContactWrite::Update(after.clone(), event, *version_id);
            let deletion = Change::new(write, change.audit.clone());
            contacts::update(conn, sealer, after, &deletion)
        }
        RetentionWrite::Purge { version, receipt } => purge(conn, *version, receipt),
    }
}

/// Erases the data key, without which nothing of the contact opens, and what leads to it.
fn purge(conn: &mut Conn, version: u32, receipt: &PurgeReceipt) -> Result<bool, Fault> {
    let (version, key) = (version_number(version), Key(receipt.data_key.0));
    let unpurged = contact::table
        .find(Key(receipt.contact.0))
        .filter(contact::version.eq(version))
        .filter(contact::purged_at.is_null());
    let purged_at = At::from(receipt.purged_at);
    let purged = contact::purged_at.eq(purged_at);
    let rows = match receipt.ground {
        PurgeGround::Deleted => {
            let deleted = unpurged.filter(contact::deleted_at.is_not_null());
            diesel::update(deleted).set(purged).execute(conn)?
        }
        PurgeGround::Unanswered => {
            let deleted = (
                contact::deleted_at.eq(purged_at),
                contact::visible_from.eq(None::<At>),
                contact::waiting_since.eq(None::<At>),
            );
            diesel::update(unpurged.filter(contact::deleted_at.is_null()))
                .set((purged, deleted))
                .execute(conn)?
        }
    };
    if rows == 0 {
        return Ok(false);
    }
    diesel::delete(data_key::table.find(key)).execute(conn)?;
    let indexes = blind_index::table.filter(blind_index::data_key_id.eq(key));
    diesel::delete(indexes).execute(conn)?;
    diesel::insert_into(purge_receipt::table).values(ReceiptRow::from(receipt)).execute(conn)?;
    Ok(true)
}
