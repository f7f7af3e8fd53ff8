//! Tests effect worker and sweeper.

mod bank;
mod breaker;
mod fencing;
mod harness;
mod inquiries;
mod missing;
mod outcomes;
mod records;
mod stopping;
