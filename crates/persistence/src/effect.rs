//! Effects of every kind and their evidence. This room knows no system.

pub(crate) mod postgres;
pub(crate) mod row;
mod selection;
pub(crate) mod sqlite;
mod transition;
mod unreadable;
