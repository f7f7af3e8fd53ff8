//! Checks that a mail comes back once, and until when that is watched.

use std::sync::Arc;

use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::delivery::{Bounce, BounceWrite, WatchReason};
use madoguchi_domain::effect::Outcome;

use super::{row, rows};
use crate::contract::audit_rows;
use crate::contract::race::race_changes;
use crate::contract::replay_store::stores_its_answer;
use crate::driver::delivery::DeliveryDriver;
use crate::samples::{bounce, bounced, mail_id, new_email};

/// With all its facts, or without what the report does not say; a second one is lost.
pub async fn a_bounce_reads_back_and_is_recorded_once(driver: DeliveryDriver) {
    driver.contacts.register(1..=1).await;
    let first = bounce(1, 1, (50, 100));
    let silent = Bounce { reported_at: None, ..bounce(2, 1, (60, 110)) };
    let read = async |number| driver.stores.delivery.bounce(mail_id(number)).await;
    assert_eq!(read(1).await, Ok(None));
    for one in [&first, &silent] {
        assert_eq!(driver.record(bounced(one.clone())).await, Committed::Moved);
    }
    let before = audit_rows::rows(&driver.stores).await.len();
    let second = Bounce { person: first.person.clone(), ..bounce(1, 1, (50, 200)) };
    assert_eq!(driver.record(bounced(second)).await, Committed::Lost);
    assert_eq!(audit_rows::rows(&driver.stores).await.len(), before, "a lost one leaves no trace");
    assert_eq!((read(1).await, read(2).await), (Ok(Some(first)), Ok(Some(silent))));
}

/// A key that has an answer makes it lost.
pub async fn a_bounce_stores_its_answer(driver: DeliveryDriver) {
    driver.contacts.register(1..=1).await;
    let record = async |changes: &[Change<BounceWrite>]| driver.record(changes[0].clone()).await;
    let change = bounced(bounce(1, 1, (50, 100)));
    stores_its_answer(&driver.stores, (1, &[change]), record).await;
}

/// Each at the same moment, with another time.
pub async fn of_twenty_raced_bounces_one_is_recorded(driver: DeliveryDriver) {
    driver.contacts.register(1..=1).await;
    let changes: Vec<_> = (100..120).map(|seconds| bounced(bounce(1, 1, (50, seconds)))).collect();
    let commit = |change| {
        let delivery = Arc::clone(&driver.stores.delivery);
        async move { delivery.commit(&[change]).await.expect("bounces are committed")[0] }
    };
    let answers = race_changes(&driver.stores, &changes, commit).await;
    assert_eq!(answers.iter().filter(|it| **it == Committed::Moved).count(), 1);
    assert_eq!(rows(&driver).await.len(), 1);
    // The registration and one bounce.
    assert_eq!(audit_rows::rows(&driver.stores).await.len(), 2);
}

/// The newest of a person. A mail that was sent before the report ends nothing.
pub async fn a_bounce_is_watched_until_one_is_sent_or_the_address_changes(driver: DeliveryDriver) {
    driver.contacts.register(1..=3).await;
    for (number, times) in [(91, (20, 300)), (92, (10, 250))] {
        driver.record(bounced(bounce(number, 1, times))).await;
    }
    let last = Some("5.1.1");
    assert_eq!(rows(&driver).await, [row(1, WatchReason::Bounced, 300, last)]);
    driver.contacts.mailed((1, 1), 280, Outcome::Applied).await;
    assert_eq!(rows(&driver).await, [row(1, WatchReason::Bounced, 300, last)]);
    driver.contacts.mailed((2, 1), 295, Outcome::Applied).await;
    assert_eq!(rows(&driver).await, []);
    driver.record(bounced(bounce(93, 1, (305, 400)))).await;
    driver.record(bounced(bounce(94, 2, (100, 410)))).await;
    let both = [row(2, WatchReason::Bounced, 410, last), row(1, WatchReason::Bounced, 400, last)];
    assert_eq!(rows(&driver).await, both);
    // The report of a mail to the former address comes after the change.
    let moved = new_email("new@example.com");
    for number in [2, 3] {
        driver.contacts.update(number, &moved, 500 + i64::from(number)).await;
    }
    let of_email = |it: &(String, WatchReason, i64, Option<String>)| it.1 == WatchReason::Bounced;
    driver.record(bounced(bounce(95, 3, (100, 600)))).await;
    let shown: Vec<_> = rows(&driver).await.into_iter().filter(of_email).collect();
    assert_eq!(shown, [row(1, WatchReason::Bounced, 400, last)]);
    // A bounce of the new address stays when a late report of the former one comes.
    driver.record(bounced(bounce(96, 3, (700, 710)))).await;
    driver.record(bounced(bounce(97, 3, (110, 720)))).await;
    let shown: Vec<_> = rows(&driver).await.into_iter().filter(of_email).collect();
    assert_eq!(shown[0], row(3, WatchReason::Bounced, 710, last));
}

/// It may be known as sent only after the report.
pub async fn a_mail_that_came_back_ends_no_watch_of_itself(driver: DeliveryDriver) {
    driver.contacts.register(1..=1).await;
    driver.record(bounced(bounce(1, 1, (10, 50)))).await;
    driver.contacts.mailed((1, 1), 100, Outcome::Applied).await;
    let bounced = row(1, WatchReason::Bounced, 50, Some("5.1.1"));
    assert_eq!(rows(&driver).await, [bounced]);
    driver.contacts.mailed((2, 1), 200, Outcome::Applied).await;
    assert_eq!(rows(&driver).await, []);
}
