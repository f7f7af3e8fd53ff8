//! Contract suites for every port, fakes, samples and a temporary PostgreSQL.
#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

pub mod contract;
pub mod driver;
pub mod fake;
pub mod samples;
pub mod server;

/// Compiles and runs the examples of the page about testing.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/testers.md")]
struct Testing;
