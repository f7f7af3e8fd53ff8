//! Reads and verifies a whole audit log through its port.

use madoguchi_application::PlatformStores;
use madoguchi_domain::audit::{AuditEntry, ChainedEntry, GENESIS, Head, Place, follow};

use crate::samples;

/// Rows per page; small, so that tests read several pages.
const PAGE: u32 = 16;

/// Every row of every stream, in the order of the streams.
///
/// # Panics
/// When the audit log cannot be read.
pub async fn rows(stores: &(impl AsRef<PlatformStores> + Sync)) -> Vec<ChainedEntry> {
    let mut all = Vec::new();
    for head in stores.as_ref().audit.heads().await.expect("the heads are read") {
        all.extend(stream(stores, head.place.stream).await);
    }
    all
}

/// Every row of one stream, read page by page.
///
/// # Panics
/// When the audit log cannot be read, or a page does not continue the one before.
pub async fn stream(
    stores: &(impl AsRef<PlatformStores> + Sync),
    stream: i32,
) -> Vec<ChainedEntry> {
    let mut all: Vec<ChainedEntry> = Vec::new();
    loop {
        let place = all.last().map_or(Place { stream, seq: 0 }, |row| row.place);
        let page = stores.as_ref().audit.after(place, PAGE).await.expect("a page is read");
        let Some(last) = page.last() else {
            return all;
        };
        assert!(last.place > place, "a page goes on where the last one ended");
        all.extend(page);
    }
}

/// The number of rows equal to `entry`.
///
/// # Panics
/// When the audit log cannot be read.
pub async fn count(stores: &(impl AsRef<PlatformStores> + Sync), entry: &AuditEntry) -> usize {
    rows(stores).await.iter().filter(|row| row.entry == *entry).count()
}

/// Verifies every stream from its start to its head; returns the number of rows.
///
/// # Panics
/// When a chain is broken, or does not end at its head.
pub async fn verify(stores: &(impl AsRef<PlatformStores> + Sync)) -> usize {
    let mut verified = 0;
    for head in stores.as_ref().audit.heads().await.expect("the heads are read") {
        let rows = stream(stores, head.place.stream).await;
        let start = Place { stream: head.place.stream, seq: 0 };
        let start = Head { place: start, link: GENESIS };
        let end = follow(&samples::audit_key(), start, &rows).expect("the chain is whole");
        assert_eq!(end, head, "the last row is the head");
        verified += rows.len();
    }
    verified
}
