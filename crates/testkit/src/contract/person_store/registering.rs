//! Checks that a person reads back exactly as it was registered, and that ids are unique.

use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::person::{
    AccountId, ExternalIdentity, Locale, PersonId, PersonQuery, Registration,
};

use super::raced;
use crate::contract::audit_rows;
use crate::driver::contacts::ContactDriver;
use crate::samples::{self, person_registration, registers, registers_if};

fn called(id: &str, account: &str, number: u32) -> Registration {
    Registration {
        id: PersonId::parse(id).expect("the id parses"),
        account: AccountId::parse(account).expect("the id parses"),
        ..person_registration(number)
    }
}

/// All fields or none, odd characters and maximum lengths are stored unchanged.
pub async fn what_was_registered_reads_back(driver: ContactDriver) {
    let longest = format!("{}@{}.jp", "a".repeat(64), "x".repeat(63));
    let wishes = [
        person_registration(1),
        // Another person, unless ids are compared without regard to case.
        called(&samples::person_id(1).expose().to_lowercase(), "acc0001", 5),
        Registration { email: None, phone: None, ..person_registration(2) },
        Registration {
            email: Some(samples::email(&longest)),
            locale: Locale::parse("zh-Hant-TW").ok(),
            external_identity: ExternalIdentity::parse(&"客".repeat(255)).ok(),
            ..called(&"客".repeat(64), &"口".repeat(64), 3)
        },
        Registration {
            email: Some(samples::email("o'brien+%_@xn--r8jz45g.jp")),
            external_identity: ExternalIdentity::parse("{\"$ne\":null}';--\\").ok(),
            ..called("O'Brien \"the\" `quoted` 100%_\\;--", " spaces around ", 4)
        },
    ];
    for wish in &wishes {
        let person = driver.registered(wish).await;
        assert_eq!((person.version, person.account.notification), (1, true));
        assert_eq!(person.id.expose(), wish.id.expose());
        let read_back = Registration {
            id: person.id,
            account: person.account.id,
            email: person.details.email,
            phone: person.details.phone,
            locale: person.locale,
            external_identity: person.external_identity,
        };
        assert!(
            read_back == *wish && person.details.mail_stop.is_none(),
            "the person is read back as registered, and mail is not stopped"
        );
        let history = driver.stores.persons.history(&wish.id).await.expect("the history is read");
        assert_eq!(history.len(), 1);
        assert_eq!((&history[0].details.email, history[0].version), (&wish.email, 1));
    }
    assert_eq!(audit_rows::rows(&driver.stores).await.len(), wishes.len());
}

/// A second person with a taken id or account is lost, and writes nothing.
pub async fn an_id_and_a_unique_account_are_taken_once(driver: ContactDriver) {
    let first = driver.registered(&person_registration(1)).await;
    let same_id = Registration { id: samples::person_id(1), ..person_registration(2) };
    let same_account = Registration { account: samples::account_id(1), ..person_registration(3) };
    let lost = [registers(&same_id), registers_if(&same_id, false), registers(&same_account)];
    assert_eq!(driver.commit_persons(&lost).await, [Committed::Lost; 3]);
    assert_eq!(driver.person(1).await, first);
    for email in [&same_id.email, &same_account.email] {
        let query = PersonQuery::Email(email.clone().expect("an address"));
        assert_eq!(driver.find_persons(&query).await, []);
    }
    assert_eq!(audit_rows::rows(&driver.stores).await.len(), 1);
    driver.registered(&person_registration(2)).await;
}

/// The rule holds for those that were registered with it.
pub async fn without_the_rule_an_account_has_several_persons(driver: ContactDriver) {
    let in_account =
        |number| Registration { account: samples::account_id(1), ..person_registration(number) };
    let changes = [
        registers_if(&in_account(1), false),
        registers_if(&in_account(2), false),
        registers(&in_account(3)),
        registers(&in_account(4)),
    ];
    let expected = [Committed::Moved, Committed::Moved, Committed::Moved, Committed::Lost];
    assert_eq!(driver.commit_persons(&changes).await, expected);
    let mut found = driver.find_persons(&PersonQuery::Account(samples::account_id(1))).await;
    found.sort_by(|one, other| one.id.cmp(&other.id));
    assert_eq!(found, [driver.person(1).await, driver.person(2).await, driver.person(3).await]);
}

/// Of one id in any accounts, and of one account with any ids; the others write nothing.
pub async fn of_twenty_raced_registrations_one_person_is_stored(driver: ContactDriver) {
    let wishes: [fn(u32) -> Registration; 2] = [
        |number| Registration { id: samples::person_id(0), ..person_registration(number) },
        |number| Registration { account: samples::account_id(0), ..person_registration(number) },
    ];
    for (written, wish) in (1..).zip(wishes) {
        let numbers = written * 100..written * 100 + 20;
        let changes: Vec<_> = numbers.map(|number| registers(&wish(number))).collect();
        let answers = raced(&driver, &changes).await;
        assert_eq!(answers.iter().filter(|it| **it == Committed::Moved).count(), 1);
        assert_eq!(audit_rows::rows(&driver.stores).await.len(), written as usize);
    }
    driver.person(0).await;
    assert_eq!(driver.find_persons(&PersonQuery::Account(samples::account_id(0))).await.len(), 1);
}

/// The answer of a change is stored with its person; with a key that has an answer, neither is.
pub async fn a_person_whose_key_is_taken_is_not_registered(driver: ContactDriver) {
    let keyed = |number| {
        let change = registers(&person_registration(number));
        Change { replay: Some(samples::replay(1)), ..change }
    };
    assert_eq!(driver.commit_persons(&[keyed(1)]).await, [Committed::Moved]);
    let found = driver.stores.platform.replays.find(&[samples::keyed(1).key]).await;
    assert_eq!(found, Ok(vec![Some(samples::replay(1))]));
    let batch = [keyed(2), registers(&person_registration(3))];
    assert_eq!(driver.commit_persons(&batch).await, [Committed::Lost, Committed::Moved]);
    assert_eq!(driver.find_persons(&PersonQuery::Id(samples::person_id(2))).await, []);
}
