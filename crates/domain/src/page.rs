//! Lists that are read page by page.

use uuid::Uuid;

use crate::Timestamp;

/// The position of an entry in a list that is ordered by a time, and by id where times are equal.
/// The next page begins after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListPosition {
    /// The time that orders the list.
    pub at: Timestamp,
    /// The entry's id.
    pub id: Uuid,
}
