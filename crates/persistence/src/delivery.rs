//! Bounces, and the delivery watch.

pub(crate) mod paged;
pub(crate) mod row;
