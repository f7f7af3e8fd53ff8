//! The thin server: configuration, wiring, routes and subcommands.
//!
//! A route parses, asks a desk and answers; everything else lives further in. Only
//! `wiring.rs` knows which adapter stands behind which port.

mod call;
mod cli;
mod connection;
mod descriptors;
mod fields;
mod front;
mod gateway;
mod headers;
mod logging;
mod metering;
mod problem;
mod pursuit;
mod reload;
mod request_log;
mod routes;
mod server;
pub mod settings;
#[cfg(test)]
mod stage;
mod system;
mod tasks;
mod wiring;

pub use cli::Cli;
pub use logging::report;
pub use problem::Code;
pub use server::{Running, Server};
pub use wiring::hash_password;
