//! Announcements.

pub(crate) mod row;
pub(crate) mod state_row;
