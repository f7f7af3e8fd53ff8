//! Leases of background jobs.

pub(crate) mod row;
