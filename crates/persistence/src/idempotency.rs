//! Answers to requests with an idempotency key.

pub(crate) mod postgres;
pub(crate) mod row;
pub(crate) mod sqlite;
