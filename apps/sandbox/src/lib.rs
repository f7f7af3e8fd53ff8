//! The server against simulated external systems, for first use and for tests.
#![doc = include_str!("../README.md")]

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
pub use world::{Addresses, EsbMode, RunningWorld, World};
