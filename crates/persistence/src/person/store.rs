//! The store of persons.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use madoguchi_domain::Timestamp;
use madoguchi_domain::act::Act;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::person::{
    AccountId, AccountMail, NewPerson, Person, PersonId, PersonQuery, PersonVersion, PersonWrite,
};
use madoguchi_domain::personal::Personal;
use madoguchi_domain::port::{PersonStore, Sealer, StoreError};
use madoguchi_domain::sealed::{DataKeyId, WrappedKey};
use uuid::Uuid;

use super::commit::commit;
use super::look_alikes::{EMAIL, PHONE};
use super::{Conn, Store, blind_index, data_key, look_alikes};
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::parse::corrupt;
use crate::database::schema::{account, person, person_version};
use crate::person::row::{PersonRow, VersionRow, version_number};
use crate::vault::sealed_row::store_error;
use crate::vault::sealed_store::SealedStore;

/// Maximum number of attempts to read the persons that match.
const READS: usize = 5;

#[async_trait]
impl PersonStore for SealedStore<Store> {
    async fn find(&self, query: &PersonQuery, limit: u32) -> Result<Vec<Person>, StoreError> {
        let (query, sealer) = (query.clone(), Arc::clone(&self.sealer));
        self.store.read(move |conn| find(conn, &*sealer, &query, limit)).await
    }

    async fn account(&self, id: &AccountId) -> Result<Option<AccountMail>, StoreError> {
        let id = id.clone();
        self.store
            .read(move |conn| {
                let found = account::table.find(id.expose()).select(account::mail_notification);
                let found: Option<bool> = found.get_result(conn).optional()?;
                Ok(found.map(|notification| AccountMail { id, notification }))
            })
            .await
    }

    async fn history(&self, id: &PersonId) -> Result<Vec<PersonVersion>, StoreError> {
        let (id, sealer) = (id.clone(), Arc::clone(&self.sealer));
        self.store.read(move |conn| history(conn, &*sealer, &id)).await
    }

    async fn commit(&self, changes: &[Change<PersonWrite>]) -> Result<Vec<Committed>, StoreError> {
        let (changes, sealer) = (changes.to_vec(), Arc::clone(&self.sealer));
        let key = self.store.audit_key.clone();
        let write = move |conn: &mut Conn, change: &Change<PersonWrite>| {
            let act = &change.audit.act;
            match &change.write {
                PersonWrite::Register(new) => register(conn, &*sealer, new, act),
                PersonWrite::Update(person, id) => update(conn, &*sealer, (person, *id), act),
                PersonWrite::AccountMail(account) => switch(conn, account, act.at()),
            }
        };
        self.store.write(move |conn| commit(conn, &changes, &key, &write)).await
    }
}

/// Reads again if an address was replaced between its index and its person: a search must not
/// leave out a person because of another one.
fn find(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    query: &PersonQuery,
    limit: u32,
) -> Result<Vec<Person>, Fault> {
    for _ in 0..READS {
        let records = matching(conn, sealer, query, limit)?;
        let found = load(conn, sealer, records)?;
        if found.iter().all(|person| query.matches(person)) {
            return Ok(found);
        }
    }
    Err(StoreError::Unavailable("the persons that match change all the time").into())
}

fn matching(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    query: &PersonQuery,
    limit: u32,
) -> Result<Vec<Key>, Fault> {
    let ids = person::table.select(person::data_key_id).limit(limit.into());
    let mut with_index = |purpose, value: &str| {
        blind_index::records(conn, sealer, (purpose, Personal::new(value)), limit)
    };
    match query {
        PersonQuery::Email(email) => with_index(EMAIL, email.expose()),
        PersonQuery::Phone(phone) => with_index(PHONE, phone.expose()),
        PersonQuery::Id(id) => Ok(ids.filter(person::person_id.eq(id.expose())).load(conn)?),
        PersonQuery::Account(id) => {
            Ok(ids.filter(person::account_id.eq(id.expose())).load(conn)?)
        }
    }
}

/// The persons with these data keys, in any order.
pub(super) fn load(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    records: Vec<Key>,
) -> Result<Vec<Person>, Fault> {
    let is_valid = person_version::data_key_id
        .eq(person::data_key_id)
        .and(person_version::version.eq(person::version));
    let rows: Vec<(PersonRow, bool, VersionRow)> = person::table
        .inner_join(account::table.on(account::account_id.eq(person::account_id)))
        .inner_join(person_version::table.on(is_valid))
        .filter(person::data_key_id.eq_any(records))
        .select((PersonRow::as_select(), account::mail_notification, VersionRow::as_select()))
        .load(conn)?;
    let mut found = Vec::with_capacity(rows.len());
    for (person, notification, version) in rows {
        let key = key_of(conn, DataKeyId(person.data_key_id.0))?;
        found.push(person.open(sealer, &key, notification, version)?);
    }
    Ok(found)
}

fn key_of(conn: &mut Conn, id: DataKeyId) -> Result<WrappedKey, Fault> {
    Ok(data_key::find(conn, id)?.ok_or(corrupt("person.data_key_id"))?)
}

fn history(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    id: &PersonId,
) -> Result<Vec<PersonVersion>, Fault> {
    let record = person::table.find(id.expose()).select(person::data_key_id);
    let record: Option<Key> = record.get_result(conn).optional()?;
    let Some(record) = record else {
        return Ok(Vec::new());
    };
    let key = key_of(conn, DataKeyId(record.0))?;
    let rows: Vec<VersionRow> = person_version::table
        .filter(person_version::data_key_id.eq(record))
        .order(person_version::version)
        .select(VersionRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| row.open(sealer, &key)).collect::<Result<_, _>>()?)
}

/// Inserts a person with its first version. A taken id or account fails in a unique index, which
/// undoes the rows before it.
fn register(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    new: &NewPerson,
    act: &Act,
) -> Result<bool, Fault> {
    let NewPerson { person, version_id, .. } = new;
    let key = sealer.new_data_key().map_err(|why| store_error(why, "data_key.wrapped"))?;
    let is_known = account::account_id.eq(person.account.id.expose());
    diesel::insert_into(account::table)
        .values((is_known, account::mail_notification.eq(person.account.notification)))
        .on_conflict_do_nothing()
        .execute(conn)?;
    data_key::insert(conn, person.data_key, &key)?;
    diesel::insert_into(person::table).values(PersonRow::seal(sealer, &key, new)?).execute(conn)?;
    add_version(conn, sealer, &key, (person, *version_id), act)?;
    Ok(true)
}

fn update(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    (person, version_id): (&Person, Uuid),
    act: &Act,
) -> Result<bool, Fault> {
    let (version, data_key) = (version_number(person.version), Key(person.data_key.0));
    let is_before = person::version.eq(version - 1).and(person::data_key_id.eq(data_key));
    let stored = person::table.find(person.id.expose()).filter(is_before);
    let moved = (person::version.eq(version), person::email_since.eq(At::from(person.email_since)));
    if diesel::update(stored).set(moved).execute(conn)? == 0 {
        return Ok(false);
    }
    let key = key_of(conn, person.data_key)?;
    add_version(conn, sealer, &key, (person, version_id), act)?;
    Ok(true)
}

/// Inserts a version, and makes the person be found by its addresses.
fn add_version(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    key: &WrappedKey,
    (person, version_id): (&Person, Uuid),
    act: &Act,
) -> Result<(), Fault> {
    let row = VersionRow::seal(sealer, key, (person, version_id), act)?;
    diesel::insert_into(person_version::table).values(&row).execute(conn)?;
    look_alikes::readdress(conn, sealer, (person.data_key, &addresses(person)), act.at())
}

/// The values by which a person is found, each with its purpose.
pub(super) fn addresses(person: &Person) -> Vec<(&'static str, Personal)> {
    let email = person.details.email.iter().map(|it| (EMAIL, Personal::new(it.expose())));
    let phone = person.details.phone.iter().map(|it| (PHONE, Personal::new(it.expose())));
    email.chain(phone).collect()
}

fn switch(conn: &mut Conn, account: &AccountMail, at: Timestamp) -> Result<bool, Fault> {
    let is_other = account::mail_notification.ne(account.notification);
    let stored = account::table.find(account.id.expose()).filter(is_other);
    let muted_since = (!account.notification).then(|| At::from(at));
    let set =
        (account::mail_notification.eq(account.notification), account::muted_since.eq(muted_since));
    Ok(diesel::update(stored).set(set).execute(conn)? == 1)
}
