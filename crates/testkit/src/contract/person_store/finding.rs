//! Checks that persons are found by exact addresses, and by nothing else.

use madoguchi_domain::person::{DetailsUpdate, PersonQuery, Registration};

use crate::driver::contacts::ContactDriver;
use crate::samples::{self, email, person_registration, phone, updates};

/// An address that was replaced finds nobody any more.
pub async fn a_person_is_found_by_its_present_addresses_only(driver: ContactDriver) {
    let person = driver.registered(&person_registration(1)).await;
    driver.registered(&person_registration(2)).await;
    let queries =
        |mail, number| [PersonQuery::Email(email(mail)), PersonQuery::Phone(phone(number))];
    for query in queries("person1@EXAMPLE.com", 1) {
        assert_eq!(driver.find_persons(&query).await, std::slice::from_ref(&person));
    }
    let update =
        DetailsUpdate { email: Some(email("new@example.com")), phone: Some(phone(11)), mail: None };
    let (change, after) = updates(&person, &update, 1);
    driver.commit_persons(&[change]).await;
    for query in queries("person1@example.com", 1) {
        assert_eq!(driver.find_persons(&query).await, []);
    }
    for query in queries("new@example.com", 11) {
        assert_eq!(driver.find_persons(&query).await, std::slice::from_ref(&after));
    }
}

/// All are found, up to the limit.
pub async fn equal_addresses_of_several_persons_are_all_found(driver: ContactDriver) {
    let shared = email("family@example.com");
    for number in 1..=3 {
        let wish = Registration { email: Some(shared.clone()), ..person_registration(number) };
        driver.registered(&wish).await;
    }
    let query = PersonQuery::Email(shared);
    let mut found = driver.find_persons(&query).await;
    found.sort_by(|one, other| one.id.cmp(&other.id));
    assert_eq!(found, [driver.person(1).await, driver.person(2).await, driver.person(3).await]);
    for limit in 0..=2 {
        let few = driver.stores.persons.find(&query, limit).await.expect("persons are found");
        assert_eq!(few.len(), limit as usize);
    }
}

/// Wildcards, case and equal digits of another kind find nobody.
pub async fn addresses_are_not_patterns(driver: ContactDriver) {
    driver.registered(&person_registration(1)).await;
    let wish = Registration { email: Some(email("a@819000000001.jp")), ..person_registration(2) };
    driver.registered(&wish).await;
    for text in ["person%@example.com", "person_@example.com", "Person1@example.com"] {
        assert_eq!(driver.find_persons(&PersonQuery::Email(email(text))).await, [], "{text}");
    }
    let found = driver.find_persons(&PersonQuery::Phone(phone(1))).await;
    assert_eq!(found, [driver.person(1).await]);
}

/// Unknown ids, accounts and addresses are answered with nothing.
pub async fn nobody_is_found_and_has_no_history(driver: ContactDriver) {
    driver.registered(&person_registration(1)).await;
    let queries = [
        PersonQuery::Id(samples::person_id(2)),
        PersonQuery::Account(samples::account_id(2)),
        PersonQuery::Email(email("nobody@example.com")),
        PersonQuery::Phone(phone(2)),
    ];
    for query in &queries {
        assert_eq!(driver.find_persons(query).await, [], "{query:?}");
    }
    let history = driver.stores.persons.history(&samples::person_id(2)).await;
    assert_eq!(history, Ok(vec![]));
}
