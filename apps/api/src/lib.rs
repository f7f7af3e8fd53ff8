//! The thin server: configuration, wiring, routes and subcommands.
//!
//! A route parses, asks a desk and answers; everything else lives further in. Only
//! `wiring.rs` knows which adapter stands behind which port.

mod call;
mod cli;
mod fields;
mod front;
mod problem;
mod request_log;
mod routes;
mod server;
pub mod settings;
mod system;
mod wiring;

pub use cli::Cli;
pub use problem::Code;
pub use server::{Running, Server};
