//! Tests that blind indexes are computed again only when all nodes have the same index keys.

use std::num::NonZeroU32;
use std::sync::Arc;

use madoguchi_application::{IndexCounts, IndexRotation, RotationError, RotationSettings};
use madoguchi_domain::key_ring::{HeldKey, KeyKind, KeyState, LaggingNode};
use madoguchi_domain::port::{BlindIndexes, PersonStore};
use madoguchi_testkit::fake::store::{FakeStore, Fault};
use madoguchi_testkit::samples;

use super::harness::{Harness, key, node};

fn index(id: &str) -> HeldKey {
    HeldKey { kind: KeyKind::Index, id: key(id), state: KeyState::Active }
}

/// A rotation whose key ring has these index keys, in pages of four records.
fn rotation(harness: &Harness, ids: &[&str]) -> IndexRotation {
    let keys: Vec<_> = ids.iter().map(|id| key(id)).collect();
    IndexRotation {
        indexes: Arc::new(harness.store.with_index_keys(&keys)),
        keys: harness.keys(),
        held: ids.iter().map(|id| index(id)).collect(),
        clock: Arc::clone(&harness.clock) as _,
        settings: RotationSettings {
            batch: NonZeroU32::new(4).expect("a batch"),
            per_second: NonZeroU32::new(1_000_000),
        },
    }
}

async fn register(store: &FakeStore, numbers: std::ops::RangeInclusive<u32>) {
    let changes: Vec<_> =
        numbers.map(|it| samples::registers(&samples::person_registration(it))).collect();
    PersonStore::commit(store, &changes).await.expect("registered");
}

async fn counts(harness: &Harness) -> Vec<(String, u64)> {
    let counts = BlindIndexes::counts(&harness.store).await.expect("counted");
    counts.into_iter().map(|(key, count)| (key.to_string(), count)).collect()
}

#[tokio::test]
async fn records_are_indexed_until_a_pass_has_nothing_to_do() {
    let harness = Harness::new();
    register(&harness.store.with_index_keys(&[key("old")]), 1..=10).await;
    let mut pages = 0;
    let done = rotation(&harness, &["new", "old"]).run(|_| pages += 1).await;
    assert_eq!((done, pages), (Ok(IndexCounts { records: 10, replaced: 10 }), 8));
    assert_eq!(counts(&harness).await, [("new".to_owned(), 20), ("old".to_owned(), 20)]);
    let done = rotation(&harness, &["new"]).run(|_| {}).await;
    assert_eq!(done.map(|counts| counts.replaced), Ok(10));
    assert_eq!(counts(&harness).await, [("new".to_owned(), 20)]);
}

#[tokio::test]
async fn nodes_with_other_index_keys_stop_it_until_they_follow() {
    let harness = Harness::new();
    register(&harness.store.with_index_keys(&[key("old")]), 1..=10).await;
    harness.report("behind", &[index("old")], 0).await;
    let lagging = Err(RotationError::Lagging(vec![LaggingNode::Lacks {
        node: node("behind"),
        key: key("new"),
    }]));
    assert_eq!(rotation(&harness, &["new", "old"]).run(|_| {}).await, lagging);
    let lagging = Err(RotationError::Lagging(vec![
        LaggingNode::Lacks { node: node("behind"), key: key("new") },
        LaggingNode::IndexesUnder { node: node("behind"), key: key("old") },
    ]));
    assert_eq!(rotation(&harness, &["new"]).run(|_| {}).await, lagging);
    assert_eq!(counts(&harness).await, [("old".to_owned(), 20)], "nothing was changed");

    harness.report("behind", &[index("old"), index("new")], 1).await;
    harness.store.fail_next(1, Fault::AfterCommit);
    let broken = rotation(&harness, &["new", "old"]).run(|_| {}).await;
    assert!(matches!(broken, Err(RotationError::Store(_))));
    let done = rotation(&harness, &["new", "old"]).run(|_| {}).await;
    assert_eq!(done.map(|counts| counts.replaced), Ok(6), "the page that was written stays");
}
