//! The server against simulated external systems, for first use and for tests.
#![doc = include_str!("../README.md")]

mod chance;
mod commands;
mod config;
mod data_dir;
mod demo;
mod end;
mod local_url;
mod screen;
mod stack;
mod tokens;
mod up;
mod world;
mod world_client;

pub use config::ServerConfig;
pub use data_dir::DataDir;
pub use demo::demo;
pub use stack::StackOptions;
pub use up::{up, world_alone};
pub use world::{Addresses, EsbMode, EsbOptions, RunningWorld, World, delivery_report};
pub use world_client::{AcceptedMail, BankEffect, Journal, WorldClient};
