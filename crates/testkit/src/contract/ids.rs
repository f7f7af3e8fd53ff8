//! The contract suite of [`Ids`], which every adapter runs.
//!
//! ```text
//! ids_contract!(mine: async { MyIds::new() });
//! ```

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use madoguchi_domain::port::Ids;

use crate::contract::race::race;

/// Ids must be unique.
pub async fn concurrent_callers_get_different_ids(ids: impl Ids + 'static) {
    let ids = Arc::new(ids);
    let askers = (0..8).map(|_| {
        let ids = Arc::clone(&ids);
        async move { (0..1000).map(|_| ids.uuid()).collect::<Vec<_>>() }
    });
    let mut seen = HashSet::new();
    for id in race(askers.collect()).await.into_iter().flatten() {
        assert!(seen.insert(id), "an id came twice");
    }
}

/// Without jitter, all retries would happen at the same time.
pub async fn chance_is_a_share_and_not_always_the_same(ids: impl Ids) {
    let whole = Duration::from_secs(1000);
    let waits: Vec<_> = (0..1000).map(|_| ids.jitter().of(whole)).collect();
    assert!(waits.iter().all(|wait| *wait <= whole), "no wait is longer than the whole");
    for tenth in 0..10_u32 {
        let within = whole / 10 * tenth..=whole / 10 * (tenth + 1);
        let hits = waits.iter().filter(|wait| within.contains(wait)).count();
        assert!((40..200).contains(&hits), "{hits} of 1000 in {within:?}");
    }
}

/// Runs every check against each adapter, in a module of the given name.
#[macro_export]
macro_rules! ids_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            ids of ids, of_subject [
                concurrent_callers_get_different_ids
                chance_is_a_share_and_not_always_the_same
            ]
            $($adapters)+
        }
    };
}
