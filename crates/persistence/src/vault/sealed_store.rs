//! A store with the sealer of its personal data.

use std::fmt;
use std::sync::Arc;

use madoguchi_domain::port::Sealer;

/// The stores of personal data on one database: `SealedStore<SqliteStore>` and
/// `SealedStore<PgStore>` seal what they write, and open what they read.
#[derive(Clone)]
pub struct SealedStore<S> {
    pub(crate) store: S,
    pub(crate) sealer: Arc<dyn Sealer>,
}

impl<S> SealedStore<S> {
    /// The database of `store`, with personal data sealed by `sealer`.
    #[must_use]
    pub fn new(store: S, sealer: Arc<dyn Sealer>) -> Self {
        Self { store, sealer }
    }
}

impl<S: fmt::Debug> fmt::Debug for SealedStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedStore").field("store", &self.store).finish_non_exhaustive()
    }
}
