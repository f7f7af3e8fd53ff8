//! The upgrade rules: state machine, values, classification and ports, without I/O.
#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

pub mod act;
pub mod actor;
pub mod announcement;
pub mod approval;
pub mod audit;
pub mod breaker;
pub mod caller;
pub mod change;
mod closed_set;
pub mod consequence;
pub mod contact;
pub mod correlation;
pub mod delivery;
pub mod display_name;
pub mod effect;
pub mod field;
pub mod idempotency;
pub mod if_match;
pub mod job_lease;
pub mod key_ring;
pub mod level;
pub mod mail;
pub mod mask;
pub mod member;
pub mod page;
mod parsed_text;
pub mod payload;
pub mod person;
pub mod personal;
pub mod port;
pub mod principal;
mod redacted;
pub mod registered;
pub mod replica;
pub mod resolution;
pub mod retention;
pub mod sealed;
pub mod secret;
pub mod server_key;
pub mod upgrade;

/// A time in UTC. All times in this crate are whole microseconds, so that both databases return
/// exactly the stored value.
pub use jiff::Timestamp;
