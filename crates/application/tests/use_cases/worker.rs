//! Tests effect worker and sweeper.

mod adoption;
mod bank;
mod breaker;
mod fencing;
mod harness;
mod outcomes;
mod queue;
mod records;
mod stopping;
