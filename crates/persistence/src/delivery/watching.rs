//! Selects the delivery watch: for each reason a page by an index, of which the newest are shown.
//!
//! What ends an entry is said by [`WatchedPerson`](madoguchi_domain::delivery::WatchedPerson); the
//! contract suite compares the two.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use madoguchi_domain::Timestamp;
use madoguchi_domain::delivery::{WatchCause, WatchEntry, WatchQuery, WatchReason};
use madoguchi_domain::mail::{MailState, SuppressReason};
use madoguchi_domain::page::ListPosition;
use madoguchi_domain::person::PersonId;
use madoguchi_domain::sealed::DataKeyId;

use super::look_alikes::{ADDRESSES, first_other};
use super::{Conn, results};
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::parse::{moment, parsed_or_corrupt};
use crate::database::schema::{account, look_alike, person, person_version};
use crate::delivery::paged::paged;
use crate::delivery::row::entry;

/// A page of entries, newest first.
pub(super) fn page(conn: &mut Conn, query: &WatchQuery) -> Result<Vec<WatchEntry>, Fault> {
    let reasons = match query.filter.reason {
        Some(reason) => vec![reason],
        None => WatchReason::ALL.to_vec(),
    };
    let mut entries = Vec::new();
    for reason in reasons {
        entries.extend(match reason {
            WatchReason::Stopped => {
                [stopped_persons(conn, query)?, muted_accounts(conn, query)?].concat()
            }
            WatchReason::Failed => results::of_mails(conn, query, MailState::Failed)?,
            WatchReason::Uncertain => results::of_mails(conn, query, MailState::Uncertain)?,
            WatchReason::Bounced => results::bounced(conn, query)?,
            WatchReason::SameEmail | WatchReason::SamePhone => alike(conn, query, reason)?,
        });
    }
    Ok(query.page(entries))
}

fn stopped_persons(conn: &mut Conn, query: &WatchQuery) -> Result<Vec<WatchEntry>, Fault> {
    let is_valid = person_version::data_key_id
        .eq(person::data_key_id)
        .and(person_version::version.eq(person::version));
    let rows = person_version::table
        .inner_join(person::table.on(is_valid))
        .filter(person_version::stop_at.is_not_null())
        .select((person_version::data_key_id, person::person_id, person_version::stop_at));
    let (at, id) = (person_version::stop_at, person_version::data_key_id);
    let rows = paged!(rows, query, person::person_id, at, id).load(conn)?;
    stopped(rows, SuppressReason::MailStopped)
}

/// The persons of accounts that want no mail, except those that are stopped themselves. With a
/// range of times SQLite begins with these accounts; with `is not null` it reads all persons.
fn muted_accounts(conn: &mut Conn, query: &WatchQuery) -> Result<Vec<WatchEntry>, Fault> {
    let own_stop = person_version::table
        .filter(person_version::data_key_id.eq(person::data_key_id))
        .filter(person_version::version.eq(person::version))
        .filter(person_version::stop_at.is_not_null());
    let rows = account::table
        .inner_join(person::table.on(person::account_id.eq(account::account_id)))
        .filter(account::muted_since.ge(At::from(Timestamp::UNIX_EPOCH)))
        .filter(not(exists(own_stop)))
        .select((person::data_key_id, person::person_id, account::muted_since));
    let (at, id) = (account::muted_since, person::data_key_id);
    let rows = paged!(rows, query, person::person_id, at, id).load(conn)?;
    stopped(rows, SuppressReason::NotificationOff)
}

fn stopped(
    rows: Vec<(Key, String, Option<At>)>,
    why: SuppressReason,
) -> Result<Vec<WatchEntry>, Fault> {
    let entries = rows
        .into_iter()
        .map(|(id, person, since)| entry(id.0, &person, since, WatchCause::Stopped(why)));
    entries.collect::<Result<_, _>>().map_err(Fault::from)
}

/// The persons who look like another one for this reason.
fn alike(
    conn: &mut Conn,
    query: &WatchQuery,
    reason: WatchReason,
) -> Result<Vec<WatchEntry>, Fault> {
    let (mut entries, mut query) = (Vec::new(), query.clone());
    loop {
        let rows = look_alike::table
            .inner_join(person::table.on(person::data_key_id.eq(look_alike::data_key_id)))
            .filter(look_alike::reason.eq(reason.as_str()))
            .select((
                look_alike::entry_id,
                person::person_id,
                look_alike::since,
                look_alike::data_key_id,
            ));
        let (at, id) = (look_alike::since, look_alike::entry_id);
        let rows: Vec<(Key, String, At, Key)> =
            paged!(rows, &query, person::person_id, at, id).load(conn)?;
        let is_last = rows.len() < query.limit as usize;
        for (id, person, since, record) in rows {
            let at = moment(since, "look_alike.since")?;
            query.after = Some(ListPosition { at, id: id.0 });
            // Without another one, the address was replaced since the rows were read.
            let other = other(conn, DataKeyId(record.0), reason)?;
            if let Some(cause) = other.and_then(|it| WatchCause::look_alike(reason, it)) {
                entries.push(entry(id.0, &person, Some(since), cause)?);
            }
        }
        if is_last || entries.len() >= query.limit as usize {
            return Ok(entries);
        }
    }
}

fn other(
    conn: &mut Conn,
    record: DataKeyId,
    reason: WatchReason,
) -> Result<Option<PersonId>, Fault> {
    let Some((_, purpose)) = ADDRESSES.into_iter().find(|(it, _)| *it == reason) else {
        return Ok(None);
    };
    let Some(other) = first_other(conn, record, purpose)? else { return Ok(None) };
    let id = person::table.filter(person::data_key_id.eq(Key(other.0))).select(person::person_id);
    let id: Option<String> = id.get_result(conn).optional()?;
    let parse = |id: String| parsed_or_corrupt(PersonId::parse(&id).ok(), "person.person_id");
    Ok(id.map(parse).transpose()?)
}
