//! What every suite's macro shares: an opened store and the test that hands it to a check.
//!
//! # Run the suites on an adapter of your own
//!
//! Write one async function that opens an empty store for one test, and name it to each macro,
//! once per adapter. Every check becomes a test, `upgrade_store::mine::…`; your crate needs
//! `tokio` with the features `macros` and `rt-multi-thread` among its dev-dependencies. A check
//! that a later version adds runs on your adapter without a change of yours.
//!
//! ```
//! use madoguchi_testkit::contract::TestStores;
//! use madoguchi_testkit::{audit_log_contract, effect_queue_contract, samples};
//! use madoguchi_testkit::{member_store_contract, upgrade_store_contract};
//! # use madoguchi_testkit::fake_store::FakeStore as MyStore;
//!
//! async fn open_mine() -> TestStores {
//!     // What must outlive the stores, a temporary directory for example, is their guard.
//!     let directory = tempfile::tempdir().expect("a directory");
//!     let mine = MyStore::new(samples::audit_key());
//!     TestStores::guarded(mine.stores(), directory)
//! }
//!
//! member_store_contract!(mine: open_mine());
//! upgrade_store_contract!(mine: open_mine());
//! effect_queue_contract!(mine: open_mine());
//! audit_log_contract!(mine: open_mine());
//! # fn main() {}
//! ```

use std::any::Any;
use std::fmt;

pub use madoguchi_application::Stores;

/// An adapter's stores, empty and of this test alone, with what must live as long as they do.
pub struct TestStores {
    /// The stores under test; their audit trail is chained with
    /// [`samples::audit_key`](crate::samples::audit_key).
    pub stores: Stores,
    /// Dropped when the test is over: a directory, a schema, or `()`.
    pub guard: Box<dyn Any + Send>,
}

impl TestStores {
    /// Stores that live as long as `guard`.
    #[must_use]
    pub fn guarded(stores: Stores, guard: impl Any + Send) -> Self {
        Self { stores, guard: Box::new(guard) }
    }
}

impl From<Stores> for TestStores {
    /// Stores that need nothing else to live.
    fn from(stores: Stores) -> Self {
        Self::guarded(stores, ())
    }
}

impl fmt::Debug for TestStores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TestStores")
    }
}

/// One test per check of a suite; used by the suites' own macros.
#[doc(hidden)]
#[macro_export]
macro_rules! store_checks {
    ($suite:ident, $open:expr, $($check:ident)+) => {$(
        #[::tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $check() {
            let $crate::contract::TestStores { stores, guard } = $open.await;
            $crate::$suite::$check(stores).await;
            drop(guard);
        }
    )+};
}

/// One test per check of a verifier's suite; used by the suites' own macros.
#[doc(hidden)]
#[macro_export]
macro_rules! verifier_checks {
    ($suite:ident, $under_test:expr => $($check:ident,)+) => {$(
        #[::tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $check() {
            $crate::$suite::$check($under_test).await;
        }
    )+};
}
