//! The adapter against a bank behind a real socket: its contract, every failure, and TLS.

mod bank;
mod contract;
mod failure;
mod tls;
