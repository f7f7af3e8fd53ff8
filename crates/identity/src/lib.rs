//! Who calls: access tokens and passwords, known by their hashes.
//!
//! [`StaticTokens`] is behind [`TokenVerifier`](madoguchi_domain::port::TokenVerifier),
//! [`StaticPasswords`] behind [`PasswordVerifier`](madoguchi_domain::port::PasswordVerifier). Both
//! read a file when they are made, and again when `reload` is called. Neither errors nor `Debug`
//! output of this crate hold a token, a password or a line of a file.
#![warn(missing_docs)]

mod file;
mod passwords;
mod tokens;

pub use file::{FileError, read_secret};
pub use passwords::{PasswordQueue, StaticPasswords, UnhashablePassword, hash_password};
pub use tokens::StaticTokens;
