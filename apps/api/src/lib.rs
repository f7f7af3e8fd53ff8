//! The HTTP server: configuration, wiring, routes and commands.
#![doc = include_str!("../README.md")]

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
