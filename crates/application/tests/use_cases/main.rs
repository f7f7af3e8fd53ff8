//! Tests the use cases over fakes: their answers and the stored state afterwards.

mod audit_writer;
mod callers;
mod contacts;
mod data_keys;
mod delivery;
mod jobs;
mod lane;
mod lane_harness;
mod mails;
mod persons;
mod reconciliation;
mod retention;
mod server_keys;
mod service;
mod setup;
mod simulator;
mod worker;
