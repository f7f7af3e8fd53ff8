//! Keeps who looks alike, in the transaction in which a person gets or loses an address.

use diesel::prelude::*;
use madoguchi_domain::Timestamp;
use madoguchi_domain::delivery::{LookAlikeId, WatchReason, newly_alike, no_longer_alike};
use madoguchi_domain::personal::Personal;
use madoguchi_domain::port::Sealer;
use madoguchi_domain::sealed::DataKeyId;

use super::{Conn, blind_index, lock_values};
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::schema::{blind_index as stored_index, look_alike};
use crate::vault::row::IndexRow;

/// What blind indexes of e-mail addresses are for.
pub(super) const EMAIL: &str = "person.email";
/// What blind indexes of phone numbers are for.
pub(super) const PHONE: &str = "person.phone";

/// The reasons that are about an address, each with what its blind indexes are for.
pub(super) const ADDRESSES: [(WatchReason, &str); 2] =
    [(WatchReason::SameEmail, EMAIL), (WatchReason::SamePhone, PHONE)];

/// An address that a record has no more, or has now, by its digests.
struct Moved {
    reason: WatchReason,
    purpose: &'static str,
    before: Vec<Vec<u8>>,
    after: Vec<Vec<u8>>,
}

impl Moved {
    /// The change of one address; `None` if it is the same, under whichever index keys.
    fn of(
        (reason, purpose): (WatchReason, &'static str),
        before: &[IndexRow<'_>],
        after: &[IndexRow<'_>],
    ) -> Option<Self> {
        let digests = |rows: &[IndexRow<'_>]| -> Vec<Vec<u8>> {
            rows.iter().filter(|it| it.purpose == purpose).map(|it| it.digest.clone()).collect()
        };
        let (before, after) = (digests(before), digests(after));
        let is_same = before.iter().any(|it| after.contains(it));
        (!is_same).then_some(Self { reason, purpose, before, after })
    }

    /// The locks of both addresses.
    fn locks(&self) -> impl Iterator<Item = i64> {
        let first_bytes = |digest: &Vec<u8>| digest.first_chunk().map(|it| i64::from_be_bytes(*it));
        self.before.iter().chain(&self.after).filter_map(first_bytes)
    }

    fn write(&self, conn: &mut Conn, record: DataKeyId, at: Timestamp) -> Result<(), Fault> {
        let lonely = no_longer_alike(&others(conn, record, (self.purpose, &self.before))?);
        for gone in lonely.into_iter().chain([record]) {
            let entry = look_alike::table
                .filter(look_alike::data_key_id.eq(Key(gone.0)))
                .filter(look_alike::reason.eq(self.reason.as_str()));
            diesel::delete(entry).execute(conn)?;
        }
        let others = others(conn, record, (self.purpose, &self.after))?;
        for alike in newly_alike(record, &others) {
            let Some(id) = LookAlikeId::of(alike, self.reason) else { continue };
            let since = look_alike::since.eq(At::from(at));
            let entry = (
                look_alike::entry_id.eq(Key(id.0)),
                look_alike::reason.eq(self.reason.as_str()),
                look_alike::data_key_id.eq(Key(alike.0)),
                since,
            );
            diesel::insert_into(look_alike::table).values(entry).execute(conn)?;
        }
        Ok(())
    }
}

/// Replaces the blind indexes of a record by those of its addresses, and who looks like it.
pub(super) fn readdress(
    conn: &mut Conn,
    sealer: &dyn Sealer,
    (record, addresses): (DataKeyId, &[(&'static str, Personal)]),
    at: Timestamp,
) -> Result<(), Fault> {
    let before = blind_index::stored(conn, record)?;
    let after = blind_index::rows(sealer, record, addresses)?;
    let moved = ADDRESSES.into_iter().filter_map(|address| Moved::of(address, &before, &after));
    let moved: Vec<Moved> = moved.collect();
    lock_values(conn, moved.iter().flat_map(Moved::locks).collect())?;
    blind_index::replace(conn, sealer, record, addresses)?;
    moved.iter().try_for_each(|it| it.write(conn, record, at))
}

/// At most two other records that have an address with one of these digests, the first to be
/// registered first.
fn others(
    conn: &mut Conn,
    record: DataKeyId,
    (purpose, digests): (&str, &[Vec<u8>]),
) -> Result<Vec<DataKeyId>, Fault> {
    let found: Vec<Key> = stored_index::table
        .filter(stored_index::purpose.eq(purpose))
        .filter(stored_index::digest.eq_any(digests))
        .filter(stored_index::data_key_id.ne(Key(record.0)))
        .select(stored_index::data_key_id)
        .distinct()
        .order(stored_index::data_key_id)
        .limit(2)
        .load(conn)?;
    Ok(found.into_iter().map(|key| DataKeyId(key.0)).collect())
}

/// The first other record to be registered that has an address with this one for this purpose.
pub(super) fn first_other(
    conn: &mut Conn,
    record: DataKeyId,
    purpose: &'static str,
) -> Result<Option<DataKeyId>, Fault> {
    let of_record = blind_index::stored(conn, record)?.into_iter();
    let digests: Vec<_> =
        of_record.filter(|it| it.purpose == purpose).map(|it| it.digest).collect();
    Ok(others(conn, record, (purpose, &digests))?.into_iter().next())
}
