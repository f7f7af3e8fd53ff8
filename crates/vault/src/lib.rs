//! Seals personal data under keys that are read from files.
#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod envelope;
mod key_file;
mod key_ring;
#[cfg(test)]
mod samples;
mod vault;

pub use key_file::create_key_file;
pub use key_ring::KeyRingError;
pub use vault::Vault;
