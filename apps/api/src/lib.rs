//! The thin server: configuration, wiring, routes and subcommands.
//!
//! A route parses, asks a service and answers; everything else lives further in. Only
//! `wiring.rs` knows which adapter stands behind which port.

mod app_state;
mod call;
mod cli;
mod connection;
mod descriptors;
mod effect_tasks;
mod fields;
mod gateway;
mod headers;
mod logging;
mod metering;
mod problem;
mod reload;
mod request_log;
mod routes;
mod server;
pub mod settings;
mod system;
mod tasks;
#[cfg(test)]
mod test_app;
mod wiring;

pub use cli::Cli;
pub use logging::report;
pub use problem::Code;
pub use server::{Running, Server};
pub use wiring::hash_password;
