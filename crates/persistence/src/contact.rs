//! Contacts, the versions of their content, and who wrote it.

pub(crate) mod editor_row;
pub(crate) mod mail_row;
pub(crate) mod postgres;
pub(crate) mod row;
pub(crate) mod version_row;
