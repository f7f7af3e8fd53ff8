//! Reads a whole audit trail through its port, as an auditor would.

use madoguchi_application::Stores;
use madoguchi_domain::audit::{AuditEntry, ChainedEntry, GENESIS, Head, Place, follow};

use crate::samples;

/// Few enough that a trail of any size is read in several pages.
const PAGE: u32 = 16;

/// Every row of every stream, in the order of the streams.
///
/// # Panics
/// When the trail cannot be read.
pub async fn rows(stores: &Stores) -> Vec<ChainedEntry> {
    let mut all = Vec::new();
    for head in stores.audit.heads().await.expect("the heads are read") {
        all.extend(stream(stores, head.place.stream).await);
    }
    all
}

/// Every row of one stream, read page by page.
///
/// # Panics
/// When the trail cannot be read, or a page does not go on.
pub async fn stream(stores: &Stores, stream: i32) -> Vec<ChainedEntry> {
    let mut all: Vec<ChainedEntry> = Vec::new();
    loop {
        let place = all.last().map_or(Place { stream, seq: 0 }, |row| row.place);
        let page = stores.audit.after(place, PAGE).await.expect("a page is read");
        let Some(last) = page.last() else {
            return all;
        };
        assert!(last.place > place, "a page goes on where the last one ended");
        all.extend(page);
    }
}

/// How many rows say exactly this.
///
/// # Panics
/// When the trail cannot be read.
pub async fn count(stores: &Stores, entry: &AuditEntry) -> usize {
    rows(stores).await.iter().filter(|row| row.entry == *entry).count()
}

/// Follows every stream from its beginning to its head; gives back how many rows there are.
///
/// # Panics
/// When a chain breaks, or does not end where the head says.
pub async fn verify(stores: &Stores) -> usize {
    let mut verified = 0;
    for head in stores.audit.heads().await.expect("the heads are read") {
        let rows = stream(stores, head.place.stream).await;
        let start = Place { stream: head.place.stream, seq: 0 };
        let start = Head { place: start, link: GENESIS };
        let end = follow(&samples::audit_key(), start, &rows).expect("the chain is whole");
        assert_eq!(end, head, "the last row is the head");
        verified += rows.len();
    }
    verified
}
