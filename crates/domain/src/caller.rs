//! Values of caller lookups: the context of a call (PS7) and the owner of an account (`codigo`).

mod account;
mod cnpj;
mod context;
mod cpf;
mod expiry;
mod forwarded;
mod person_type;
mod profile;
mod query;
mod tax_id;

pub use account::{AccountReading, Certainty, CodigoConta, DacRule, Entity, NotDerivable, dac};
pub use cnpj::Cnpj;
pub use context::{CallerContext, Confirmation, Identification, SecurityDevice};
pub use cpf::Cpf;
pub use expiry::expiry;
pub use forwarded::{ApiKey, FlowId, ForwardedHeaders};
pub use person_type::PersonType;
pub use profile::{CustomerProfile, Email, Manager, Phone};
pub use query::{AccountQuery, ContextId, ContextQuery, Encoded};
pub use tax_id::TaxId;

use crate::personal::Personal;

/// An answer of another system: the parsed value and the complete document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<T> {
    /// The parsed value.
    pub value: T,
    /// The answer as received, JSON text in UTF-8: unknown fields are kept.
    pub document: Personal,
}
