//! Opens and reloads files with restricted permissions, and reports invalid ones.
#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod content;
mod read;

pub use content::{FileContent, ParsedFile, parse};
pub use read::{FileError, Readers, read_public, read_secret};

#[cfg(test)]
mod tests;
