//! The audit log: chained rows, appended in the transaction of what they record.

pub(crate) mod postgres;
pub(crate) mod row;
pub(crate) mod sqlite;
