//! The adapter against a downstream behind a real socket: its contracts, every failure, and what
//! its log shows.
#![expect(clippy::unwrap_used, reason = "a test whose harness cannot be set has failed")]

mod care;
mod contract;
mod failure;
mod harness;
mod log;
