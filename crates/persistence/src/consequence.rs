//! Writes what becomes true in a system together with a transition of its effect.

pub(crate) mod postgres;
pub(crate) mod sqlite;
