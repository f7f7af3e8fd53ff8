//! DA21 over the bank's ESB: wire, translate, call.
//!
//! [`Esb`] is the adapter behind [`CoreBank`](madoguchi_domain::port::CoreBank). It sends an order
//! at most once per call and reports what it saw; what that means is the domain's to say
//! ([`classify`](madoguchi_domain::core_bank::classify)). Neither errors, `Debug` output nor logs
//! of this crate hold an arrangement, a key or any part of a message.
#![warn(missing_docs)]

mod call;
mod settings;
mod translate;
mod wire;

pub use call::Esb;
pub use madoguchi_upstream::{Charset, InvalidUpstream, Pem, UpstreamSettings};
pub use settings::{EsbSettings, Layout};
