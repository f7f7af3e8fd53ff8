//! The contract suite of [`DeliveryStore`](madoguchi_domain::port::DeliveryStore).

mod bounces;
mod look_alikes;
mod watching;

pub use bounces::*;
pub use look_alikes::*;
pub use watching::*;

use madoguchi_application::{ContactStores, DeliveryStores};
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::{Contact, ContactKey};
use madoguchi_domain::delivery::{
    Bounce, BounceWrite, DeliveryStatus, WatchEntry, WatchFilter, WatchQuery, WatchReason,
};
use madoguchi_domain::effect::Outcome;
use madoguchi_domain::person::{DetailsUpdate, Person, PersonQuery, PersonWrite, Registration};
use madoguchi_domain::port::Recorded;

use crate::samples::{
    adds, at, contact_content, contact_id, mail_answered, mail_claim, mail_id, mailed_approvals,
    person_id, registers, start, updates,
};

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

async fn commit(stores: &WatchStores, change: Change<PersonWrite>) {
    let committed = stores.0.persons.commit(&[change]).await;
    assert_eq!(committed.expect("a person is committed"), [Committed::Moved]);
}

async fn registered(stores: &WatchStores, wish: &Registration) -> Person {
    commit(stores, registers(wish)).await;
    let found = stores.0.persons.find(&PersonQuery::Id(wish.id.clone()), 1).await;
    found.expect("persons are found").remove(0)
}

async fn read(stores: &WatchStores, number: u32) -> Person {
    let query = PersonQuery::Id(person_id(number));
    stores.0.persons.find(&query, 1).await.expect("persons are found").remove(0)
}

/// The update of the person as it is stored, so many seconds after the start.
async fn update(stores: &WatchStores, number: u32, update: &DetailsUpdate, seconds: i64) {
    let (change, _) = updates(&read(stores, number).await, update, seconds);
    commit(stores, change).await;
}

async fn listed(stores: &WatchStores, query: &WatchQuery) -> Vec<WatchEntry> {
    stores.1.delivery.watch(query).await.expect("the watch is listed")
}

async fn all(stores: &WatchStores) -> Vec<WatchEntry> {
    let query = WatchQuery { filter: WatchFilter::default(), after: None, limit: 100 };
    listed(stores, &query).await
}

/// Person, reason, seconds after the start, and last result of each entry, newest first.
async fn rows(stores: &WatchStores) -> Vec<(String, WatchReason, i64, Option<String>)> {
    let row = |it: WatchEntry| {
        let seconds = it.since.duration_since(start()).as_secs();
        let last = it.cause.last_result().map(str::to_owned);
        (it.person.expose().to_owned(), it.cause.reason(), seconds, last)
    };
    all(stores).await.into_iter().map(row).collect()
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

/// A contact to the person, approved `seconds` after the start, whose mail has this outcome 10
/// seconds later. Contact and mail have the same number.
async fn mailed(stores: &WatchStores, (number, person): (u32, u32), seconds: i64, what: Outcome) {
    let added = adds(contact_id(number), person, contact_content(), seconds);
    let written = stores.0.contacts.commit(std::slice::from_ref(&added)).await;
    assert_eq!(written.expect("a draft is added"), Committed::Moved);
    let draft: &Contact = added.write.contact();
    let approvals = mailed_approvals(&[draft], number, seconds);
    let committed = stores.0.contacts.commit(&approvals).await;
    assert_eq!(committed.expect("an approval is committed"), Committed::Moved);
    let claimed = stores.0.platform.effects.claim(&mail_claim(10, seconds)).await;
    let claimed = claimed.expect("mails are claimed");
    let effect = claimed.iter().find(|it| it.order.key.id.0 == mail_id(number).0);
    let change = mail_answered(effect.expect("its mail is claimed"), what, seconds + 10);
    let recorded = stores.0.platform.effects.record(&[change]).await;
    assert_eq!(recorded.expect("the outcome is recorded"), [Recorded::Written]);
    let stored = stores.0.contacts.find(&ContactKey::of(contact_id(number))).await;
    assert!(stored.expect("contacts are found").is_some());
}

/// The bounce of mail `number` to a person: sent and received then, in seconds.
fn bounce(number: u32, person: u32, (mailed, received): (i64, i64)) -> Bounce {
    Bounce {
        mail: mail_id(number),
        person: person_id(person),
        status: DeliveryStatus::parse("5.1.1").expect("the sample status parses"),
        mailed_at: at(mailed),
        reported_at: Some(at(received - 1)),
        received_at: at(received),
    }
}

async fn record(stores: &WatchStores, change: Change<BounceWrite>) -> Committed {
    let committed = stores.1.delivery.commit(&[change]).await.expect("a bounce is committed");
    assert_eq!(committed.len(), 1);
    committed[0]
}
