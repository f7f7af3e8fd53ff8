//! The adapter against a bank behind a real socket: its contract, every failure, and TLS.
#![expect(clippy::unwrap_used, reason = "a test whose stage cannot be set has failed")]

mod bank;
mod contract;
mod failure;
mod tls;
