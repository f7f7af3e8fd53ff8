//! The HTTP server: configuration, wiring, routes and commands.
#![doc = include_str!("../README.md")]

mod access;
mod app_state;
mod call;
mod caller;
mod cli;
mod connection;
mod descriptors;
mod fields;
mod gateway;
mod headers;
mod health;
mod logging;
mod member;
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
mod upgrade;
mod view;
mod wiring;

pub use cli::Cli;
pub use logging::report;
pub use problem::Code;
pub use server::{Running, Server};
pub use wiring::hash_password;
