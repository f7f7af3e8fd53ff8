//! Pursuing effects: the worker tells the core bank, the sweeper moves on what waits for nobody.

mod adoption;
mod bank;
mod breaker;
mod fencing;
mod harness;
mod outcomes;
mod queue;
mod records;
mod stopping;
