//! One HTTP call to a system that is not ours: its address is checked, its TLS is rustls, nothing
//! is retried, followed or sent through a proxy, and no more of its reply is read than asked.
//!
//! Every adapter that talks HTTP goes through here, so that these promises are made once. A reply
//! is read as text in its own character encoding; what it means is the adapter's to say. Neither
//! errors nor `Debug` output of this crate hold an address, a header, a key or any part of a
//! message.
#![warn(missing_docs)]

mod call;
mod charset;
mod json;
mod settings;

pub use call::{Call, Failure, HttpUpstream, Response};
pub use charset::{Charset, UnknownCharset};
pub use json::{Object, Unreadable, is_too_deep};
pub use settings::{Connections, InvalidUpstream, Pem, UpstreamSettings};
