//! A case's timeline: its transitions and the attempts to deliver its order, in time order.

use crate::Timestamp;
use crate::effect::Evidence;

use super::write::HistoryEntry;

/// The stored rows of a case's timeline.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeline {
    /// The transitions of the case, oldest first.
    pub history: Vec<HistoryEntry>,
    /// The evidence of attempts to deliver its order, oldest first.
    pub evidence: Vec<Evidence>,
}

/// One entry of a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimelineEntry<'a> {
    /// A transition of the case.
    Moved(&'a HistoryEntry),
    /// An attempt to deliver the order.
    Attempted(&'a Evidence),
}

impl TimelineEntry<'_> {
    /// When it happened.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Moved(entry) => entry.act.at,
            Self::Attempted(evidence) => evidence.at,
        }
    }
}

impl Timeline {
    /// All entries, oldest first; of entries with the same time, transitions come first.
    #[must_use]
    pub fn entries(&self) -> Vec<TimelineEntry<'_>> {
        let moved = self.history.iter().map(TimelineEntry::Moved);
        let attempted = self.evidence.iter().map(TimelineEntry::Attempted);
        let mut entries: Vec<_> = moved.chain(attempted).collect();
        entries.sort_by_key(TimelineEntry::at);
        entries
    }
}
