//! Tests every scenario of the world over raw connections, and its journal.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by stopping there")]

mod esb;
mod inquiries;
mod lookups;
mod mails;
mod outside;
mod pending;
