//! Looks callers up in Itaú's PS7 interfaces `contextos` and `codigo`.
#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod attempt;
mod call;
mod settings;
mod translate;
mod wire;

pub use call::{ACCOUNT_PATH, CONTEXT_PATH, Itau};
pub use madoguchi_upstream::{Charset, Connections, InvalidUpstream, Pem, UpstreamSettings};
pub use settings::{InvalidItau, ItauSettings};
pub use translate::{NoAnswer, account_answer, context_answer};

/// Compiles the example of the page about lookups.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/lookups.md")]
struct Lookups;
