//! Sealed values: wrapped data keys, sealed columns and blind indexes; and the nodes' key rings.

pub(crate) mod row;
pub(crate) mod sealed_row;
pub(crate) mod sealed_store;
