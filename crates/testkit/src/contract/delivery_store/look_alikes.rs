//! Checks who looks like the same customer, and since when.

use madoguchi_domain::change::Committed;
use madoguchi_domain::delivery::{WatchCause, WatchFilter, WatchReason};
use madoguchi_domain::person::{DetailsUpdate, PersonId, Registration};

use super::{row, rows};
use crate::contract::person_store::raced;
use crate::driver::delivery::DeliveryDriver;
use crate::samples::{
    email, mail_stop, new_email, person_id, person_registration, phone, registers, updates,
};

use WatchReason::{SameEmail, SamePhone};

fn with_email(number: u32, address: &str) -> Registration {
    Registration { email: Some(email(address)), ..person_registration(number) }
}

/// Whom each person looks like by e-mail, by the order of persons.
async fn pairs(driver: &DeliveryDriver) -> Vec<(PersonId, PersonId)> {
    let mut pairs = Vec::new();
    for entry in driver.watched(WatchFilter::default()).await {
        if let WatchCause::SameEmail(other) = entry.cause {
            pairs.push((entry.person, other));
        }
    }
    pairs.sort();
    pairs
}

/// Two, then three of them; the first to be registered stands for the others.
pub async fn persons_with_one_address_are_watched_until_one_changes_it(driver: DeliveryDriver) {
    driver.contacts.register(1..=4).await;
    assert_eq!(rows(&driver).await, []);
    let pair = |one, other| (person_id(one), person_id(other));
    driver.contacts.update(2, &new_email("person1@example.com"), 100).await;
    assert_eq!(pairs(&driver).await, [pair(1, 2), pair(2, 1)]);
    driver.contacts.update(3, &new_email("person1@example.com"), 200).await;
    assert_eq!(pairs(&driver).await, [pair(1, 2), pair(2, 1), pair(3, 1)]);
    let mut shown = rows(&driver).await;
    shown.sort_by(|one, other| one.0.cmp(&other.0));
    let since = |person, seconds| row(person, SameEmail, seconds, None);
    assert_eq!(shown, [since(1, 100), since(2, 100), since(3, 200)]);
    driver.contacts.update(1, &new_email("other@example.com"), 300).await;
    assert_eq!(pairs(&driver).await, [pair(2, 3), pair(3, 2)]);
    driver.contacts.update(3, &new_email("person4@example.com"), 400).await;
    assert_eq!(pairs(&driver).await, [pair(3, 4), pair(4, 3)]);
    let mut shown = rows(&driver).await;
    shown.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(shown, [since(3, 400), since(4, 400)]);
    // Who is alone again is found anew.
    driver.contacts.update(2, &new_email("other@example.com"), 500).await;
    assert_eq!(pairs(&driver).await, [pair(1, 2), pair(2, 1), pair(3, 4), pair(4, 3)]);
    assert_eq!(rows(&driver).await[..2].iter().map(|it| it.2).collect::<Vec<_>>(), [500, 500]);
}

/// Both of one registration, at one time, page by page.
pub async fn a_person_may_look_alike_by_email_and_by_phone(driver: DeliveryDriver) {
    driver.contacts.register(1..=1).await;
    let same = Registration { phone: Some(phone(1)), ..with_email(2, "person1@example.com") };
    driver.contacts.registered(&same).await;
    let mut shown = rows(&driver).await;
    shown.sort_by(|one, other| (&one.0, one.1.as_str()).cmp(&(&other.0, other.1.as_str())));
    let expected = [(1, SameEmail), (1, SamePhone), (2, SameEmail), (2, SamePhone)];
    assert_eq!(shown, expected.map(|(person, reason)| row(person, reason, 0, None)));
    let none = Registration { email: None, phone: None, ..person_registration(3) };
    driver.contacts.registered(&none).await;
    let none = Registration { email: None, phone: None, ..person_registration(4) };
    driver.contacts.registered(&none).await;
    assert_eq!(rows(&driver).await.len(), 4, "no address is not the same address");
}

/// Since when they do stays, too.
pub async fn another_detail_changes_nobody_who_looks_alike(driver: DeliveryDriver) {
    driver.contacts.register(1..=2).await;
    driver.contacts.update(2, &new_email("person1@example.com"), 100).await;
    driver.contacts.update(1, &mail_stop("asked"), 200).await;
    let number = DetailsUpdate { phone: Some(phone(77)), ..DetailsUpdate::default() };
    driver.contacts.update(1, &number, 300).await;
    let mut shown: Vec<_> =
        rows(&driver).await.into_iter().filter(|it| it.1 == SameEmail).collect();
    shown.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(shown, [row(1, SameEmail, 100, None), row(2, SameEmail, 100, None)]);
}

/// Also if none of them sees another one before it is stored.
pub async fn of_twenty_raced_registrations_all_look_alike(driver: DeliveryDriver) {
    let registration = |number| registers(&with_email(number, "same@example.com"));
    let changes: Vec<_> = (1..=20).map(registration).collect();
    assert_eq!(raced(&driver.contacts, &changes).await, [Committed::Moved; 20]);
    let watched: Vec<_> = pairs(&driver).await.into_iter().map(|(person, _)| person).collect();
    assert_eq!(watched, (1..=20).map(person_id).collect::<Vec<_>>());
}

/// Ten pairs exchange their addresses at once.
pub async fn of_two_raced_changes_of_addresses_the_watch_is_true(driver: DeliveryDriver) {
    for number in 1..=20_u32 {
        let pair = number.div_ceil(2);
        let wish = with_email(number, &format!("pair{pair}@example.com"));
        driver.contacts.registered(&wish).await;
    }
    assert_eq!(pairs(&driver).await.len(), 20);
    let mut changes = Vec::new();
    for number in 1..=20_u32 {
        let to_next = new_email(&format!("pair{}@example.com", number.div_ceil(2) % 10 + 1));
        changes.push(updates(&driver.contacts.person(number).await, &to_next, 100).0);
    }
    assert_eq!(raced(&driver.contacts, &changes).await, [Committed::Moved; 20]);
    let partner = |number: u32| if number.is_multiple_of(2) { number - 1 } else { number + 1 };
    let expected: Vec<_> =
        (1..=20).map(|number| (person_id(number), person_id(partner(number)))).collect();
    assert_eq!(pairs(&driver).await, expected);
}
