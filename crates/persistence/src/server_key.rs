//! What is remembered of the server's keys.

pub(crate) mod row;
