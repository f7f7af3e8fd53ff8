//! Resolutions.

pub(crate) mod row;
