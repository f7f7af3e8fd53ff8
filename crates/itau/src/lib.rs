//! Who is calling: Itaú's PS7 `contextos` and `codigo`: wire, translate, call.
//!
//! [`Itau`] is the adapter behind both [`CallerContexts`](madoguchi_domain::port::CallerContexts)
//! and [`AccountDirectory`](madoguchi_domain::port::AccountDirectory). It sends a query and its
//! forwarded exactly as they stand, with credentials of its own, and reads what it understands of an
//! answer, which it keeps whole beside that.
//!
//! Asking changes nothing, so a lookup that failed is repeated with pauses, within one time limit;
//! a system that failed too often is left alone for a while; and only so many lookups are under
//! way at once. Neither errors, `Debug` output nor logs of this crate hold a context id, an
//! account, a credential or any part of an answer.
//!
//! ```
//! use std::sync::Arc;
//!
//! use madoguchi_domain::caller::{ContextId, ContextQuery, Encoded, ForwardedHeaders};
//! use madoguchi_domain::personal::Personal;
//! use madoguchi_domain::port::{CallerContexts, Clock, Ids, LookupError};
//! use madoguchi_domain::secret::Credentials;
//! use madoguchi_itau::{InvalidItau, Itau, ItauSettings};
//!
//! pub fn downstream(clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Result<Itau, InvalidItau> {
//!     let ours = Credentials::new("our-user", "our-password");
//!     Itau::new(ItauSettings::new("https://itau.example", ours), clock, ids)
//! }
//!
//! pub async fn what_was_chosen(
//!     itau: &Itau,
//!     ids: &dyn Ids,
//!     id: &str,
//! ) -> Result<Option<Personal>, LookupError> {
//!     let query = ContextQuery {
//!         context: ContextId::parse(id).map_err(|_| LookupError::Refused)?,
//!         encoded: Some(Encoded::as_it_is()),
//!     };
//!     let found = itau.context(&query, &ForwardedHeaders::of(ids.flow())).await?;
//!     // found.document is the answer as it came: keys that nobody documented are in there.
//!     Ok(found.value.option)
//! }
//! # use madoguchi_testkit::{clock::ManualClock, ids::SeededIds};
//! # downstream(Arc::new(ManualClock::default()), Arc::new(SeededIds::new(1))).unwrap();
//! ```
#![warn(missing_docs)]

mod attempt;
mod call;
mod guard;
mod settings;
mod translate;
mod wire;

pub use call::{ACCOUNT_PATH, CONTEXT_PATH, Itau};
pub use madoguchi_upstream::{Charset, Connections, InvalidUpstream, Pem, UpstreamSettings};
pub use settings::{InvalidItau, ItauSettings};
pub use translate::{NoAnswer, account_answer, context_answer};
