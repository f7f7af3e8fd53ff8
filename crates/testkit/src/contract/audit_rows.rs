//! Reads and verifies a whole audit log through its port.

use madoguchi_application::PlatformStores;
use madoguchi_domain::audit::{AuditEntry, ChainedEntry, GENESIS, Head, Place, follow};
use madoguchi_domain::change::{Change, Committed};

use crate::samples;

/// Rows per page; small, so that tests read several pages.
const PAGE: u32 = 16;

/// Every row of every stream, in the order of the streams.
///
/// # Panics
/// When the audit log cannot be read.
pub async fn rows(stores: &(impl AsRef<PlatformStores> + Sync)) -> Vec<ChainedEntry> {
    let mut all = Vec::new();
    for head in heads(stores).await {
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
    since(stores, Place { stream, seq: 0 }).await
}

/// The rows of a stream after a place.
async fn since(stores: &(impl AsRef<PlatformStores> + Sync), start: Place) -> Vec<ChainedEntry> {
    let mut all: Vec<ChainedEntry> = Vec::new();
    loop {
        let place = all.last().map_or(start, |row| row.place);
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

/// The end of every stream, to which [`are_of`] compares.
///
/// # Panics
/// When the audit log cannot be read.
pub async fn heads(stores: &(impl AsRef<PlatformStores> + Sync)) -> Vec<Head> {
    stores.as_ref().audit.heads().await.expect("the heads are read")
}

/// Checks that the changes committed since `before` have their rows: each written one has one, and
/// a lost one none. Nothing else may commit an equal entry at the same time.
///
/// # Panics
/// When they have not, or the audit log cannot be read.
pub async fn are_of<W>(
    stores: &(impl AsRef<PlatformStores> + Sync),
    before: &[Head],
    changes: &[Change<W>],
    committed: &[Committed],
) where
    W: Sync,
{
    let mut appended = Vec::new();
    for Head { place: Place { stream, .. }, .. } in heads(stores).await {
        let known = before.iter().map(|it| it.place).find(|it| it.stream == stream);
        appended.extend(since(stores, known.unwrap_or(Place { stream, seq: 0 })).await);
    }
    for Change { audit, .. } in changes {
        let equal = changes.iter().zip(committed).filter(|(it, _)| it.audit == *audit);
        let written = equal.filter(|(_, it)| **it == Committed::Moved).count();
        let rows = appended.iter().filter(|row| row.entry == *audit).count();
        assert_eq!(rows, written, "a written change has one audit row, a lost one none: {audit:?}");
    }
}

/// Verifies every stream from its start to its head; returns the number of rows.
///
/// # Panics
/// When a chain is broken, or does not end at its head.
pub async fn verify(stores: &(impl AsRef<PlatformStores> + Sync)) -> usize {
    let mut verified = 0;
    for head in heads(stores).await {
        let rows = stream(stores, head.place.stream).await;
        let start = Place { stream: head.place.stream, seq: 0 };
        let start = Head { place: start, link: GENESIS };
        let end = follow(&samples::audit_key(), start, &rows).expect("the chain is whole");
        assert_eq!(end, head, "the last row is the head");
        verified += rows.len();
    }
    verified
}
