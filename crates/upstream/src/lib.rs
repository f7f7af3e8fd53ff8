//! One HTTP call to an upstream system, with the same guarantees for every adapter.
#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod call;
mod charset;
mod client;
mod guard;
mod json;
mod settings;

pub use call::{Call, Failure, HttpUpstream, Response};
pub use charset::{Charset, UnknownCharset};
pub use guard::{AttemptEvidence, FailedAttempt, Guard, GuardError, GuardSettings};
pub use json::{Object, Unreadable, is_too_deep};
pub use settings::{Connections, InvalidUpstream, Pem, UpstreamSettings};
