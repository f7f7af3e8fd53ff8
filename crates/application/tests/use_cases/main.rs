//! The use cases over fakes: what callers are told, and what is true afterwards.

mod callers;
mod fault_injecting_store;
mod lane;
mod lane_harness;
mod service;
mod simulator;
mod worker;
