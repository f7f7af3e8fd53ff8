//! The contract suite of [`Health`](madoguchi_domain::port::Health), which every adapter runs.
//!
//! ```text
//! health_contract!(mine: open_mine());
//! ```
//!
//! How a dependency fails differs, so each adapter's own tests check that it reports the failure.

use std::sync::Arc;

use madoguchi_application::UpgradeStores;

use crate::contract::race::race;
use crate::driver::upgrade::UpgradeDriver;
use crate::samples::case_id;

/// The check itself must not change anything.
pub async fn what_is_there_is_up_and_stays_as_it_was(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.passed(1..=2).await;
    let before = driver.snapshot(&[case_id(1), case_id(2)]).await;
    assert_eq!(stores.platform.health.check().await, Ok(()));
    assert_eq!(driver.snapshot(&[case_id(1), case_id(2)]).await, before);
}

/// The name is a key in the JSON answer.
pub async fn its_name_is_one_word(stores: UpgradeStores) {
    let name = stores.platform.health.name();
    assert!(
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
        "the name has lower-case letters and `_` alone: {name:?}"
    );
}

/// A load balancer checks each node once a second.
pub async fn twenty_concurrent_health_checks_are_all_answered(stores: UpgradeStores) {
    let ask = |_| {
        let health = Arc::clone(&stores.platform.health);
        async move { health.check().await }
    };
    assert_eq!(race((0..20).map(ask).collect()).await, [Ok(()); 20]);
}

/// Runs every check against each adapter, in a module of the given name.
#[macro_export]
macro_rules! health_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            health of health, of_stores [
                what_is_there_is_up_and_stays_as_it_was
                its_name_is_one_word
                twenty_concurrent_health_checks_are_all_answered
            ]
            $($adapters)+
        }
    };
}
