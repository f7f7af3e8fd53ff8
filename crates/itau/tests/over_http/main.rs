//! Tests the adapter over a real socket: contracts, failures and the log.
#![expect(clippy::unwrap_used, reason = "a test whose harness cannot be set up has failed")]

mod care;
mod contract;
mod failure;
mod harness;
mod log;
