//! What lists of the delivery watch ask for.

use crate::Timestamp;
use crate::page::ListPosition;
use crate::person::PersonId;

use super::{WatchEntry, WatchReason};

/// Which entries a list shows. What is absent is not filtered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WatchFilter {
    /// The reason.
    pub reason: Option<WatchReason>,
    /// The person.
    pub person: Option<PersonId>,
    /// Since then, or later.
    pub from: Option<Timestamp>,
    /// Since before then.
    pub before: Option<Timestamp>,
}

impl WatchFilter {
    /// Whether the entry matches.
    #[must_use]
    pub fn shows(&self, entry: &WatchEntry) -> bool {
        self.reason.is_none_or(|reason| reason == entry.cause.reason())
            && self.person.as_ref().is_none_or(|person| *person == entry.person)
            && self.from.is_none_or(|from| entry.since >= from)
            && self.before.is_none_or(|before| entry.since < before)
    }
}

/// A page of the delivery watch, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchQuery {
    /// Which.
    pub filter: WatchFilter,
    /// The last position of the page before.
    pub after: Option<ListPosition>,
    /// Maximum number.
    pub limit: u32,
}

impl WatchQuery {
    /// The page of these entries, which may be in any order.
    #[must_use]
    pub fn page(&self, mut entries: Vec<WatchEntry>) -> Vec<WatchEntry> {
        let is_after = |it: &WatchEntry| self.after.is_none_or(|last| it.position() < last);
        entries.retain(|it| self.filter.shows(it) && is_after(it));
        entries.sort_by_key(|it| std::cmp::Reverse(it.position()));
        entries.truncate(self.limit as usize);
        entries
    }
}
