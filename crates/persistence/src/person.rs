//! Persons and the versions of their contact details.

pub(crate) mod row;
