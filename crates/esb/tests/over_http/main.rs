//! Tests the adapter over a real socket: contract, failures and TLS.
#![expect(clippy::unwrap_used, reason = "a test whose stage cannot be set has failed")]

mod bank;
mod contract;
mod failure;
mod tls;
