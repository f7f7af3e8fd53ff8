//! The outside world, played over real sockets: for a newcomer's first minute, and as the oracle
//! of tests, which embed [`World`] and read its journal.

mod chance;
mod client;
mod config;
mod data_dir;
mod demo;
mod end;
mod screen;
mod stack;
mod tokens;
mod up;
mod world;

pub use demo::demo;
pub use stack::StackOptions;
pub use up::{up, world_alone};
pub use world::{EsbMode, Running, World};
