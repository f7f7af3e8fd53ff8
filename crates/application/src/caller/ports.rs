//! The ports that a caller service needs.

use std::sync::Arc;

use madoguchi_domain::port::{AccountDirectory, CallerContexts, Clock, Ids};
use madoguchi_domain::redacted;

redacted!(CallerPorts);

/// The ports that a caller service needs.
#[derive(Clone)]
pub struct CallerPorts {
    /// Where contexts are looked up.
    pub contexts: Arc<dyn CallerContexts>,
    /// Where owners are looked up.
    pub accounts: Arc<dyn AccountDirectory>,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// Creates flow ids for lookups without one.
    pub ids: Arc<dyn Ids>,
}
