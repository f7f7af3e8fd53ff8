//! Finds violations of the project's rules in the source tree.
#![doc = include_str!("../README.md")]

pub mod arrows;
pub mod boundary;
pub mod circles;
pub mod house;
pub mod modules;
pub mod pages;
pub mod ports;
pub mod rooms;
pub mod size;
pub mod source;
pub mod text_file;
pub mod unused;
pub mod violation;
pub mod voice;
pub mod words;
