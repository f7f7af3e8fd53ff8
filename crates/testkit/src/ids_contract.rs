//! The contract suite of [`Ids`], which every adapter runs.
//!
//! ```text
//! ids_contract!(mine: MyIds::new());
//! ```

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use madoguchi_domain::port::Ids;
use uuid::Uuid;

use crate::race::race;

/// Case ids must be unique.
pub async fn concurrent_callers_get_different_ids(ids: impl Ids + 'static) {
    let ids = Arc::new(ids);
    let askers = (0..8).map(|_| {
        let ids = Arc::clone(&ids);
        async move {
            let made = (0..1000).map(|_| {
                let (case, correlation, flow) = (ids.case(), ids.correlation(), ids.flow());
                [case.to_string(), correlation.as_str().to_owned(), flow.as_str().to_owned()]
            });
            made.collect::<Vec<_>>()
        }
    });
    let mut seen = [HashSet::new(), HashSet::new(), HashSet::new()];
    for made in race(askers.collect()).await.into_iter().flatten() {
        for (kind, id) in seen.iter_mut().zip(made) {
            assert!(kind.insert(id), "an id came twice");
        }
    }
}

/// A created flow id has the documented form.
pub async fn a_flow_is_a_uuid(ids: impl Ids) {
    let flow = ids.flow();
    assert_eq!(flow.as_str().len(), 36, "with hyphens");
    flow.as_str().parse::<Uuid>().expect("a UUID");
}

/// Without jitter, all retries would happen at the same time.
pub async fn chance_is_a_share_and_not_always_the_same(ids: impl Ids) {
    let whole = Duration::from_secs(1000);
    let waits: Vec<_> = (0..1000).map(|_| ids.jitter().of(whole)).collect();
    assert!(waits.iter().all(|wait| *wait <= whole));
    for tenth in 0..10_u32 {
        let within = whole / 10 * tenth..=whole / 10 * (tenth + 1);
        let hits = waits.iter().filter(|wait| within.contains(wait)).count();
        assert!((40..200).contains(&hits), "{hits} of 1000 in {within:?}");
    }
}

/// Runs every check against each adapter, in a module of the given name.
#[macro_export]
macro_rules! ids_contract {
    ($($name:ident: $ids:expr),+ $(,)?) => {
        $(
            mod $name {
                use super::*;

                $crate::verifier_checks! {
                    ids_contract, $ids =>
                    concurrent_callers_get_different_ids,
                    a_flow_is_a_uuid,
                    chance_is_a_share_and_not_always_the_same,
                }
            }
        )+
    };
}
