//! Tests decisions: every command in every state, with its answer and its change.
#![expect(clippy::unwrap_used, reason = "a sample that does not parse has failed its test")]

mod harness;
mod keys;
mod opening;
mod order;
mod planning;
mod properties;
mod samples;
mod table;
mod verdicts;
mod verifying;
