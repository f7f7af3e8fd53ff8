//! The HTTP server: configuration, wiring, routes and commands.
#![doc = include_str!("../README.md")]

mod access;
mod acting;
mod announcement;
mod api_page;
mod app_state;
mod blocked;
mod body;
mod call;
mod caller;
mod cli;
mod connection;
mod contact;
mod core_dumps;
mod csv_cell;
mod csv_export;
mod cursor;
mod delivery;
mod descriptors;
mod effect;
mod gateway;
mod headers;
mod health;
mod idempotency;
mod lists;
mod logging;
mod member;
mod metering;
mod openapi;
mod operation;
mod person;
mod precondition;
mod problem;
mod query;
mod reload;
mod request_log;
mod retention;
mod routes;
mod server;
pub mod settings;
mod system;
mod tasks;
#[cfg(test)]
mod test_app;
mod upgrade;
mod view;
mod who;
mod wiring;
mod written_address;

pub use cli::Cli;
pub use logging::report;
pub use problem::Code;
pub use server::{Running, Server};
pub use wiring::{Retention, hash_password};
