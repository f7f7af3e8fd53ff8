//! Completions of applications, legal holds and receipts of purges.

pub(crate) mod hold_row;
pub(crate) mod row;
