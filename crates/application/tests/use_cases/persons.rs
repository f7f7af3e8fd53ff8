//! Tests the service of persons: idempotent registration, preconditions, and what is recorded.

use std::sync::Arc;

use madoguchi_application::{AuditWriter, PersonService, Reading, Searched, ServiceError};
use madoguchi_domain::act::Act;
use madoguchi_domain::if_match::IfMatch;
use madoguchi_domain::person::{
    DetailsUpdate, Person, PersonQuery, RegisteredVersion, Registration, Updated,
};
use madoguchi_domain::registered::Registered;
use madoguchi_testkit::contract::audit_rows;
use madoguchi_testkit::fake::ids::SeededIds;
use madoguchi_testkit::fake::store::{FakeStore, Fault};
use madoguchi_testkit::samples::{self, email, person_id, person_registration};

fn service(fake: &FakeStore, unique_accounts: bool) -> PersonService {
    let stores = fake.contact_stores();
    let (audit, _) = AuditWriter::start(stores.platform.audit);
    let (replays, ids) = (stores.platform.replays, Arc::new(SeededIds::new(1)));
    PersonService::new(stores.persons, replays, audit, ids, unique_accounts)
}

fn fake() -> FakeStore {
    FakeStore::new(samples::audit_key())
}

fn act() -> Act {
    samples::act("r", samples::human(), samples::start())
}

/// The actions and details that were recorded, in order.
async fn recorded(fake: &FakeStore) -> Vec<String> {
    let rows = audit_rows::rows(&fake.stores()).await.into_iter().map(|row| row.entry);
    rows.map(|entry| format!("{} {}", entry.action.as_str(), entry.detail)).collect()
}

async fn read(service: &PersonService, number: u32) -> Person {
    let found = service.read(&person_id(number), Reading::Masked, &act()).await;
    found.expect("persons are read").expect("the person is known")
}

#[tokio::test]
async fn a_person_is_registered_once_and_never_with_other_data() {
    let fake = fake();
    let service = service(&fake, true);
    let wish = person_registration(1);
    let act = act();
    let register = async |wish| Ok(service.register(wish, act.clone()).await?.value);
    assert_eq!(register(wish.clone()).await, Ok(Registered::New));
    let same = Registered::Same(Box::new(RegisteredVersion(1)));
    assert_eq!(register(wish.clone()).await, Ok(same));
    let others = [
        Registration { email: None, ..wish.clone() },
        Registration { account: samples::account_id(2), ..wish.clone() },
        Registration { account: samples::account_id(1), ..person_registration(2) },
    ];
    for other in others {
        assert_eq!(register(other).await, Ok(Registered::Different));
    }
    assert_eq!(recorded(&fake).await, ["person.registered "]);
    fake.set_down(true);
    assert_eq!(register(wish).await, Err(ServiceError::Unavailable));
}

#[tokio::test]
async fn without_the_rule_an_account_may_have_several_persons() {
    let fake = fake();
    let service = service(&fake, false);
    for number in 1..=2 {
        let wish = Registration { account: samples::account_id(1), ..person_registration(number) };
        let registered = service.register(wish, act()).await.expect("answered");
        assert_eq!(registered.value, Registered::New);
    }
    let off = service.set_mail_notification(&samples::account_id(1), false, &act()).await;
    assert!(!off.expect("switched").expect("known").notification);
    assert!(!read(&service, 1).await.account.notification);
    assert!(!read(&service, 2).await.account.notification);
    let nobody = service.set_mail_notification(&samples::account_id(9), false, &act()).await;
    assert_eq!(nobody, Ok(None));
}

#[tokio::test]
async fn a_change_needs_the_version_that_its_author_saw() {
    let fake = fake();
    let service = service(&fake, true);
    service.register(person_registration(1), act()).await.expect("registered");
    let (id, act) = (person_id(1), act());
    let change = |text, if_match| {
        let update = DetailsUpdate { email: Some(email(text)), ..DetailsUpdate::default() };
        let (service, id, act) = (&service, &id, &act);
        async move { service.update_details(id, &update, &if_match, act).await }
    };
    let first = change("first@example.com", IfMatch::OneOf(vec![1])).await;
    let Ok(Some(Updated::Done(person))) = first else { panic!("{first:?}") };
    assert_eq!(person.version, 2);
    let late = change("late@example.com", IfMatch::OneOf(vec![1])).await;
    assert_eq!(late, Ok(Some(Updated::Stale)));
    let any = change("any@example.com", IfMatch::Any).await;
    assert!(matches!(any, Ok(Some(Updated::Done(person))) if person.version == 3));
    let update = DetailsUpdate::default();
    let nobody = service.update_details(&person_id(9), &update, &IfMatch::Any, &act).await;
    assert_eq!(nobody, Ok(None));
    let details = "person.details_changed email";
    assert_eq!(recorded(&fake).await, ["person.registered ", details, details]);
}

#[tokio::test]
async fn reading_in_clear_and_searching_are_recorded_or_not_answered() {
    let fake = fake();
    let service = service(&fake, true);
    for number in 1..=3 {
        let shared = (number > 1).then(|| email("family@example.com"));
        let wish = Registration { email: shared, ..person_registration(number) };
        service.register(wish, act()).await.expect("registered");
    }
    let before = recorded(&fake).await.len();
    let (id, act) = (person_id(1), act());
    assert!(service.history(&id, Reading::Masked, &act).await.expect("read").is_some());
    assert_eq!(recorded(&fake).await.len(), before, "masked reading is not recorded");
    service.read(&id, Reading::InClear, &act).await.expect("read");
    service.history(&id, Reading::InClear, &act).await.expect("read");
    let search = |query| {
        let (service, act) = (&service, &act);
        async move { service.search(&query, act).await }
    };
    let one = search(PersonQuery::Phone(samples::phone(1))).await;
    assert_eq!(one, Ok(Searched::One(Box::new(read(&service, 1).await))));
    assert_eq!(
        search(PersonQuery::Email(email("family@example.com"))).await,
        Ok(Searched::Several)
    );
    assert_eq!(search(PersonQuery::Phone(samples::phone(9))).await, Ok(Searched::Nobody));
    let expected = [
        "person.revealed details",
        "person.revealed history",
        "person.searched one",
        "person.searched several",
        "person.searched nobody",
    ];
    assert_eq!(recorded(&fake).await[before..], expected);

    fake.fail_next(3, Fault::BeforeCommit);
    let unavailable = Err(ServiceError::Unavailable);
    assert_eq!(service.read(&id, Reading::InClear, &act).await.map(|_| ()), unavailable);
    assert_eq!(service.history(&id, Reading::InClear, &act).await.map(|_| ()), unavailable);
    let search = service.search(&PersonQuery::Phone(samples::phone(1)), &act).await;
    assert_eq!(search.map(|_| ()), unavailable);
}
