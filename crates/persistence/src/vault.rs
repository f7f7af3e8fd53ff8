//! Wrapped data keys.

pub(crate) mod row;
