//! Servers that end with their test: PostgreSQL, and stubs of other systems.

pub mod http_stub;
pub mod postgres;
pub mod smtp_stub;
