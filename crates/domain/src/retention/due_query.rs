//! Pages of the contacts that retention works on.

use crate::Timestamp;
use crate::page::ListPosition;

/// Which contacts a page holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueScope {
    /// Those that name an application and are not deleted, in the order of their addition.
    Kept,
    /// Those that are deleted, at this moment or earlier, and not purged, in the order of their
    /// deletion.
    Deleted {
        /// The moment.
        by: Timestamp,
    },
}

/// A page of contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueQuery {
    /// Which.
    pub scope: DueScope,
    /// The last position of the page before.
    pub after: Option<ListPosition>,
    /// Maximum number.
    pub limit: u32,
}
