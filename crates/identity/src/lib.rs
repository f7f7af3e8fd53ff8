//! Verifies access tokens and passwords against files of hashes.
#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod actor;
mod passwords;
mod tokens;

pub use passwords::{PasswordQueue, StaticPasswords, UnhashablePassword, UserFile, hash_password};
pub use tokens::{StaticTokens, TokenFile};
