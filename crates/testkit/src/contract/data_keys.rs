//! The contract suite of [`DataKeys`].

mod reading;
mod reporting;
mod rewrapping;

pub use reading::*;
pub use reporting::*;
pub use rewrapping::*;

use std::fmt;
use std::sync::Arc;

use madoguchi_domain::change::Committed;
use madoguchi_domain::key_ring::KeyReport;
use madoguchi_domain::port::{DataKeyPage, DataKeys, Rewrapping};
use madoguchi_domain::sealed::{DataKeyId, KeyId, WrappedKey};
use uuid::Uuid;

/// Inserts data keys into the store under test, which only the stores of records do.
pub type InsertDataKeys = dyn Fn(&[(DataKeyId, WrappedKey)]) + Send + Sync;

/// An adapter's data keys, empty and used by one test only.
#[derive(Clone)]
pub struct DataKeysUnderTest {
    /// The data keys under test.
    pub keys: Arc<dyn DataKeys>,
    /// Inserts data keys into the same store.
    pub insert: Arc<InsertDataKeys>,
}

impl fmt::Debug for DataKeysUnderTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKeysUnderTest")
    }
}

/// The id with this number in its first bytes, so that numbers and ids have the same order.
fn id(number: u8) -> DataKeyId {
    DataKeyId(Uuid::from_u128(u128::from(number) << 120 | 1))
}

fn key_id(text: &str) -> KeyId {
    KeyId::parse(text).expect("the id parses")
}

fn wrapped(key: &str, byte: u8) -> WrappedKey {
    WrappedKey { key: key_id(key), bytes: vec![byte; 40] }
}

impl DataKeysUnderTest {
    /// Inserts data keys of these numbers, whose bytes are their number.
    fn insert(&self, key: &str, numbers: impl IntoIterator<Item = u8>) {
        let rows: Vec<_> = numbers.into_iter().map(|it| (id(it), wrapped(key, it))).collect();
        (self.insert)(&rows);
    }

    async fn all(&self) -> Vec<(DataKeyId, WrappedKey)> {
        self.page(None, None, 1000).await
    }

    async fn page(
        &self,
        not_under: Option<&str>,
        after: Option<DataKeyId>,
        limit: u32,
    ) -> Vec<(DataKeyId, WrappedKey)> {
        let page = DataKeyPage { not_under: not_under.map(key_id), after, limit };
        self.keys.page(&page).await.expect("data keys are read")
    }

    async fn counts(&self) -> Vec<(String, u64)> {
        let counts = self.keys.counts().await.expect("data keys are counted");
        counts.into_iter().map(|(key, count)| (key.as_str().to_owned(), count)).collect()
    }

    async fn rewrap(&self, rewrappings: &[Rewrapping]) -> Vec<Committed> {
        self.keys.rewrap(rewrappings).await.expect("data keys are re-wrapped")
    }

    /// All reports, in order of node, kind and key.
    async fn reports(&self) -> Vec<KeyReport> {
        let mut reports = self.keys.reports().await.expect("reports are read");
        reports.sort_by_key(|it| (it.node.clone(), it.key.kind.as_str(), it.key.id.clone()));
        reports
    }
}

/// Runs the suite on each adapter: `data_keys_contract!(mine: open_mine(), …);`, where
/// `open_mine()` is a future of [`TestStores`](crate::contract::TestStores) of
/// [`DataKeysUnderTest`].
#[macro_export]
macro_rules! data_keys_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            data_keys of data_keys, of_stores [
                data_keys_are_counted_by_key
                pages_follow_in_order_of_ids
                a_page_leaves_out_one_key
                rewrapping_compares_what_is_stored
                of_twenty_raced_rewrappings_one_moves
                a_report_replaces_that_nodes_rows
                old_reports_of_other_nodes_are_deleted
            ]
            $($adapters)+
        }
    };
}
