//! Who is calling: Itaú's PS7 `contextos` and `codigo`: wire, translate, call.
//!
//! [`Itau`] is the adapter behind both [`CallerContexts`](madoguchi_domain::port::CallerContexts)
//! and [`AccountDirectory`](madoguchi_domain::port::AccountDirectory). It sends a query and its
//! passage exactly as they stand, with credentials of its own, and reads what it understands of an
//! answer, which it keeps whole beside that.
//!
//! Asking changes nothing, so a lookup that failed is repeated with pauses, within one time limit;
//! a system that failed too often is left alone for a while; and only so many lookups are under
//! way at once. Neither errors, `Debug` output nor logs of this crate hold a context id, an
//! account, a credential or any part of an answer.
#![warn(missing_docs)]

mod call;
mod lane;
mod settings;
mod translate;
mod wire;

pub use call::{ACCOUNT_PATH, CONTEXT_PATH, Itau};
pub use madoguchi_peer::{InvalidPeer, PeerSettings, Pem};
pub use settings::{InvalidItau, ItauSettings};
pub use translate::{NoAnswer, account_answer, context_answer};
