//! Shared by all contract suites: an opened store and the test that runs a check on it.
//!
//! # Run the suites on your own adapter
//!
//! Every suite is a macro of the same shape, `<port>_contract!(mine: open_mine(), …);`. What
//! follows the name is a future of what the suite needs: of [`TestStores`] for a store, else as
//! its module says. Every check becomes a test, `upgrade_store::mine::…`. Your crate needs `tokio`
//! with the features `macros` and `rt-multi-thread` in its dev-dependencies. Checks that a later
//! version adds run on your adapter without a change.
//!
//! ```
//! use madoguchi_testkit::contract::TestStores;
//! use madoguchi_testkit::{audit_log_contract, effect_queue_contract, samples};
//! use madoguchi_testkit::{member_store_contract, upgrade_store_contract};
//! # use madoguchi_testkit::fake::store::FakeStore as MyStore;
//!
//! async fn open_mine() -> TestStores {
//!     // The guard outlives the stores, for example a temporary directory.
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

pub mod account_directory;
pub mod announcement_store;
pub mod audit_log;
pub mod audit_rows;
pub mod blind_indexes;
pub mod caller_contexts;
pub mod clock;
pub mod contact_store;
pub mod core_bank;
pub mod core_bank_http;
pub mod data_keys;
pub mod delivery_store;
pub mod effect_queue;
pub mod health;
pub mod hold_store;
pub mod ids;
pub mod job_leases;
pub mod mail_store;
pub mod mailer;
pub mod member_store;
pub mod password_verifier;
pub mod person_store;
pub mod race;
pub mod replay_store;
pub mod resolution_store;
pub mod retention_reports;
pub mod retention_store;
pub mod scripted_upstream;
pub mod sealer;
pub mod server_keys;
pub mod stored_data;
pub mod token_verifier;
pub mod upgrade_store;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use core_bank::CoreBankUnderTest;
use madoguchi_domain::port::{AccountDirectory, CallerContexts};
use scripted_upstream::ScriptedUpstream;

pub use madoguchi_application::{
    ContactStores, DeliveryStores, PlatformStores, ResolutionStores, RetentionStores, UpgradeStores,
};

/// An adapter's stores of one system, empty and used by one test only, with their guard.
pub struct TestStores<S = UpgradeStores> {
    /// The stores under test; their audit log is chained with
    /// [`samples::audit_key`](crate::samples::audit_key).
    pub stores: S,
    /// Dropped when the test ends: a directory, a schema, or `()`.
    pub guard: Box<dyn Any + Send>,
}

impl<S> TestStores<S> {
    /// Stores that live as long as `guard`.
    #[must_use]
    pub fn guarded(stores: S, guard: impl Any + Send) -> Self {
        Self { stores, guard: Box::new(guard) }
    }
}

impl<S> From<S> for TestStores<S> {
    /// Stores without a guard.
    fn from(stores: S) -> Self {
        Self::guarded(stores, ())
    }
}

impl<S> fmt::Debug for TestStores<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TestStores")
    }
}

/// One module per adapter, with one test per check; used by the suites' macros.
#[doc(hidden)]
#[macro_export]
macro_rules! contract_suite {
    ($name:ident of $suite:ident, $run:ident $checks:tt $($adapter:ident: $open:expr),+ $(,)?) => {
        mod $name {$(
            mod $adapter {
                use super::super::*;

                $crate::contract_suite! { @tests $suite, $run $checks $open }
            }
        )+}
    };
    (@tests $suite:ident, $run:ident [$($check:ident)+] $open:expr) => {$(
        #[::tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $check() {
            $crate::contract::$run($open.await, $crate::contract::$suite::$check).await;
        }
    )+};
}

/// Runs a check on stores or on their driver, and keeps their guard until it has ended.
#[doc(hidden)]
pub async fn of_stores<S, D: From<S>>(
    TestStores { stores, guard }: TestStores<S>,
    check: impl AsyncFnOnce(D),
) {
    check(stores.into()).await;
    drop(guard);
}

/// Runs a check on an adapter.
#[doc(hidden)]
pub async fn of_subject<S>(subject: S, check: impl AsyncFnOnce(S)) {
    check(subject).await;
}

/// Runs a check on a core bank.
#[doc(hidden)]
pub async fn of_bank(
    bank: impl CoreBankUnderTest,
    check: impl AsyncFnOnce(&dyn CoreBankUnderTest),
) {
    check(&bank).await;
}

/// Runs a check on the lookup of contexts and the system behind it.
#[doc(hidden)]
pub async fn of_contexts(
    (contexts, upstream): (Arc<impl CallerContexts>, Arc<impl ScriptedUpstream>),
    check: impl AsyncFnOnce(&dyn CallerContexts, &dyn ScriptedUpstream),
) {
    check(&*contexts, &*upstream).await;
}

/// Runs a check on the lookup of account owners and the system behind it.
#[doc(hidden)]
pub async fn of_accounts(
    (accounts, upstream): (Arc<impl AccountDirectory>, Arc<impl ScriptedUpstream>),
    check: impl AsyncFnOnce(&dyn AccountDirectory, &dyn ScriptedUpstream),
) {
    check(&*accounts, &*upstream).await;
}
