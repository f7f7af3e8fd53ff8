//! Checks that data keys are counted and read page by page.

use madoguchi_domain::change::Committed;
use madoguchi_domain::port::Rewrapping;
use madoguchi_domain::sealed::{DataKeyId, WrappedKey};

use super::{DataKeysUnderTest, id, wrapped};

/// Each key-encryption key has its count, also after a data key was re-wrapped.
pub async fn data_keys_are_counted_by_key(open: DataKeysUnderTest) {
    assert_eq!(open.counts().await, []);
    open.insert("kek-b", 1..=3);
    open.insert("kek-a", 4..=5);
    assert_eq!(open.counts().await, [("kek-a".to_owned(), 2), ("kek-b".to_owned(), 3)]);
    let (from, to) = (wrapped("kek-b", 1), wrapped("kek-a", 101));
    assert_eq!(open.rewrap(&[Rewrapping { id: id(1), from, to }]).await, [Committed::Moved]);
    assert_eq!(open.counts().await, [("kek-a".to_owned(), 3), ("kek-b".to_owned(), 2)]);
}

/// Pages follow each other without gaps or repetitions, whatever the order of insertion.
pub async fn pages_follow_in_order_of_ids(open: DataKeysUnderTest) {
    open.insert("kek-old", [200, 3, 1, 130, 7]);
    open.insert("kek-new", [2, 128, 4]);
    let mut after = None;
    let mut seen = Vec::new();
    // Also ends if pages never do.
    for _ in 0..4 {
        let page = open.page(None, after, 3).await;
        assert!(page.len() <= 3, "a page has no more than `limit`");
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        seen.extend(page);
    }
    let old = |number| (id(number), wrapped("kek-old", number));
    let new = |number| (id(number), wrapped("kek-new", number));
    assert_eq!(seen, [old(1), new(2), old(3), new(4), old(7), new(128), old(130), old(200)]);
}

/// A page leaves out the data keys under one key, and only these.
pub async fn a_page_leaves_out_one_key(open: DataKeysUnderTest) {
    open.insert("kek-old", [1, 4, 6]);
    open.insert("kek-new", [2, 5, 7]);
    open.insert("kek-older", [3]);
    let ids = |page: Vec<(DataKeyId, WrappedKey)>| page.into_iter().map(|(id, _)| id).collect();
    let ids_of: Vec<DataKeyId> = ids(open.page(Some("kek-new"), None, 10).await);
    assert_eq!(ids_of, [id(1), id(3), id(4), id(6)]);
    let ids_of: Vec<DataKeyId> = ids(open.page(Some("kek-new"), Some(id(2)), 2).await);
    assert_eq!(ids_of, [id(3), id(4)]);
    assert_eq!(open.page(Some("kek-new"), Some(id(6)), 10).await, []);
    assert_eq!(open.page(Some("kek-unknown"), None, 10).await.len(), 7);
}
