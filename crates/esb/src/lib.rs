//! DA21 and inquiries over the bank's ESB: wire format, translation and call.
#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod call;
mod settings;
mod translate;
mod wire;

pub use call::Esb;
pub use madoguchi_upstream::{Charset, InvalidUpstream, Pem, UpstreamSettings};
pub use settings::{EsbSettings, Layout};
