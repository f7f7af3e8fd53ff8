//! Members and the levels of their accounts.

pub(crate) mod postgres;
pub(crate) mod row;
pub(crate) mod sqlite;
