//! The contract suite of [`Health`](madoguchi_domain::port::Health), which every adapter runs.
//!
//! ```text
//! health_contract!(mine: open_mine().await);
//! ```
//!
//! How a dependency fails differs, so each adapter's own tests check that it reports the failure.

use std::sync::Arc;

use crate::contract::TestStores;
use crate::contract::race::race;
use crate::driver::upgrade::UpgradeDriver;
use crate::samples::case_id;

/// The check itself must not change anything.
pub async fn what_is_there_is_up_and_stays_as_it_was(open: TestStores) {
    let driver = UpgradeDriver::at(&open.stores);
    driver.passed(1..=2).await;
    let before = driver.snapshot(&[case_id(1), case_id(2)]).await;
    assert_eq!(open.stores.platform.health.check().await, Ok(()));
    assert_eq!(driver.snapshot(&[case_id(1), case_id(2)]).await, before);
}

/// The name is a key in the JSON answer.
pub async fn its_name_is_one_word(open: TestStores) {
    let name = open.stores.platform.health.name();
    assert!(!name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
}

/// A load balancer checks each node once a second.
pub async fn twenty_who_ask_at_once_are_all_told(open: TestStores) {
    let ask = |_| {
        let health = Arc::clone(&open.stores.platform.health);
        async move { health.check().await }
    };
    assert_eq!(race((0..20).map(ask).collect()).await, [Ok(()); 20]);
}

/// Runs every check against each adapter, in a module of the given name.
#[macro_export]
macro_rules! health_contract {
    ($($name:ident: $open:expr),+ $(,)?) => {
        mod health {$(
            mod $name {
                use super::super::*;

                $crate::verifier_checks! {
                    health, $open =>
                    what_is_there_is_up_and_stays_as_it_was,
                    its_name_is_one_word,
                    twenty_who_ask_at_once_are_all_told,
                }
            }
        )+}
    };
}
