//! Checks that every row is chained to the one before, also with concurrent writers.

use madoguchi_application::UpgradeStores;
use madoguchi_domain::effect::Outcome;
use madoguchi_domain::port::Recorded;

use crate::audit_rows;
use crate::race::race;
use crate::samples::{self, answered, at, claim};
use crate::upgrade_driver::UpgradeDriver;

/// Batches and single writes of all stores together form complete chains.
pub async fn every_stream_verifies_from_its_beginning_to_its_head(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    assert_eq!(audit_rows::verify(&stores).await, 0, "an empty trail is whole");
    driver.passed(1..=30).await;
    driver.opened(31..=31).await;
    let contradiction = driver.change(&samples::decide(1, false)).await;
    driver.commit(&contradiction).await;
    for effect in driver.claim(&claim(1, 30, at(200))).await {
        let change = answered(&effect, Outcome::Applied, at(201));
        assert_eq!(driver.record(&change).await, Recorded::Written);
    }
    assert_eq!(audit_rows::verify(&stores).await, 30 * 4 + 2 + 1 + 30 + 30);
}

/// With twenty concurrent writers, no row is missing and no chain is broken.
pub async fn twenty_writers_at_once_leave_whole_chains(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    let runner = |number| {
        let driver = driver.clone();
        async move {
            driver.passed(number..=number).await;
            let wish = claim(number, 1, at(200));
            for effect in driver.claim(&wish).await {
                let change = answered(&effect, Outcome::Applied, at(201));
                assert_eq!(driver.record(&change).await, Recorded::Written);
            }
        }
    };
    race((1..=20).map(runner).collect()).await;
    let rest = driver.claim(&claim(21, 20, at(200))).await;
    let done = 20 - rest.len();
    assert_eq!(audit_rows::verify(&stores).await, 20 * 4 + 20 + done);
}
