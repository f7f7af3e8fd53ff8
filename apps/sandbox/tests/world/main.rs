//! The world keeps its word: every scenario, over a raw connection, and what its journal says.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by stopping there")]

mod esb;
mod lookups;
mod outside;
