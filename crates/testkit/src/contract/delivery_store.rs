//! The contract suite of [`DeliveryStore`](madoguchi_domain::port::DeliveryStore).

mod bounces;
mod look_alikes;
mod watching;

pub use bounces::*;
pub use look_alikes::*;
pub use watching::*;

use madoguchi_application::{ContactStores, DeliveryStores};
use madoguchi_domain::delivery::{WatchEntry, WatchFilter, WatchReason};

use crate::driver::delivery::DeliveryDriver;
use crate::samples::{person_id, start};

/// The stores under test, on one database.
pub type WatchStores = (ContactStores, DeliveryStores);

/// Runs the suite on each adapter: `delivery_store_contract!(mine: open_mine(), …);`, where
/// `open_mine()` is a future of [`TestStores<WatchStores>`](crate::contract::TestStores).
#[macro_export]
macro_rules! delivery_store_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            delivery_store of delivery_store, of_stores [
                a_stopped_person_is_watched_until_mail_is_resumed
                a_muted_account_is_watched_with_all_its_persons
                a_failed_mail_is_watched_until_one_is_sent
                a_failed_mail_is_watched_until_the_address_changes
                an_uncertain_mail_is_watched_while_it_is_uncertain
                the_newest_failure_of_a_person_is_watched
                a_mail_of_an_announcement_is_watched_like_one_of_a_contact
                the_watch_is_listed_newest_first_page_by_page
                a_bounce_reads_back_and_is_recorded_once
                a_bounce_stores_its_answer
                of_twenty_raced_bounces_one_is_recorded
                a_bounce_is_watched_until_one_is_sent_or_the_address_changes
                a_mail_that_came_back_ends_no_watch_of_itself
                persons_with_one_address_are_watched_until_one_changes_it
                a_person_may_look_alike_by_email_and_by_phone
                another_detail_changes_nobody_who_looks_alike
                of_twenty_raced_registrations_all_look_alike
                of_two_raced_changes_of_addresses_the_watch_is_true
            ]
            $($adapters)+
        }
    };
}

/// Person, reason, seconds after the start, and last result of each entry, newest first.
async fn rows(driver: &DeliveryDriver) -> Vec<(String, WatchReason, i64, Option<String>)> {
    let row = |it: WatchEntry| {
        let seconds = it.since.duration_since(start()).as_secs();
        let last = it.cause.last_result().map(str::to_owned);
        (it.person.expose().to_owned(), it.cause.reason(), seconds, last)
    };
    driver.watched(WatchFilter::default()).await.into_iter().map(row).collect()
}

/// A row as [`rows`] gives it.
fn row(
    person: u32,
    reason: WatchReason,
    seconds: i64,
    last: Option<&str>,
) -> (String, WatchReason, i64, Option<String>) {
    (person_id(person).expose().to_owned(), reason, seconds, last.map(str::to_owned))
}
