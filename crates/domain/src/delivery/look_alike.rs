//! Who looks like the same customer: records that share an address, and since when.

use uuid::Uuid;

use crate::sealed::DataKeyId;

use super::WatchReason;

/// The id of a record's entry for one kind of address in the delivery watch, derived so that the
/// entries of one person differ. It may be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LookAlikeId(pub Uuid);

impl LookAlikeId {
    /// The id of this record's entry; `None` for a reason that is not about an address.
    #[must_use]
    pub const fn of(record: DataKeyId, reason: WatchReason) -> Option<Self> {
        let mark = match reason {
            WatchReason::SameEmail => 1,
            WatchReason::SamePhone => 2,
            WatchReason::Stopped
            | WatchReason::Failed
            | WatchReason::Uncertain
            | WatchReason::Bounced => return None,
        };
        Some(Self(Uuid::from_u128(record.0.as_u128() ^ mark)))
    }
}

/// The records that look alike from the moment on at which `record` got an address: of `others`,
/// which have it, two are enough. Where there are several, they looked alike before.
#[must_use]
pub fn newly_alike(record: DataKeyId, others: &[DataKeyId]) -> Vec<DataKeyId> {
    match others {
        [] => Vec::new(),
        [other] => vec![record, *other],
        [_, _, ..] => vec![record],
    }
}

/// The record that looks like nobody any more when another one lost an address: of `others`, which
/// still have it, two are enough.
#[must_use]
pub const fn no_longer_alike(others: &[DataKeyId]) -> Option<DataKeyId> {
    match others {
        [other] => Some(*other),
        [] | [_, _, ..] => None,
    }
}
