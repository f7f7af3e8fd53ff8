//! Upgrade cases, with their history, QR codes and check references.

pub(crate) mod history_row;
pub(crate) mod postgres;
pub(crate) mod row;
pub(crate) mod snapshot;
pub(crate) mod sqlite;
