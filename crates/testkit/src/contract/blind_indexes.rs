//! The contract suite of [`BlindIndexes`].

use std::collections::BTreeMap;
use std::sync::Arc;

use madoguchi_domain::change::Committed;
use madoguchi_domain::contact::{ContactFilter, ContactOrder, ContactQuery, Content};
use madoguchi_domain::person::{DetailsUpdate, PersonQuery};
use madoguchi_domain::port::{BlindIndexes, ContactStore, PersonStore, Reindexed};
use madoguchi_domain::redacted;

use crate::contract::race::race;
use crate::samples::{self, email, person_registration, registers, updates};

redacted!(IndexedRecords, RotatingIndexes);

/// Persons, contacts and their blind indexes behind one key ring.
#[derive(Clone)]
pub struct IndexedRecords {
    /// The persons.
    pub persons: Arc<dyn PersonStore>,
    /// Contacts to them.
    pub contacts: Arc<dyn ContactStore>,
    /// Their indexes, which are under test.
    pub indexes: Arc<dyn BlindIndexes>,
}

impl IndexedRecords {
    /// The ports of one adapter that implements them all.
    #[must_use]
    pub fn of<S: PersonStore + ContactStore + BlindIndexes + 'static>(store: S) -> Self {
        let store = Arc::new(store);
        let (persons, contacts) = (Arc::<S>::clone(&store), Arc::<S>::clone(&store));
        Self { persons, contacts, indexes: store }
    }
}

/// One empty store behind the key ring at the stages of a rotation of the index key.
#[derive(Clone)]
pub struct RotatingIndexes {
    /// The key ring has the old index key.
    pub old: IndexedRecords,
    /// It has both.
    pub both: IndexedRecords,
    /// It has the new one.
    pub new: IndexedRecords,
}

async fn register(store: &IndexedRecords, numbers: std::ops::RangeInclusive<u32>) {
    let changes: Vec<_> = numbers.map(|it| registers(&person_registration(it))).collect();
    let committed = store.persons.commit(&changes).await.expect("persons are registered");
    assert_eq!(committed, vec![Committed::Moved; changes.len()]);
}

/// Whether a search by address finds the person with this sample number.
async fn finds(store: &IndexedRecords, number: u32, address: &str) -> bool {
    let query = PersonQuery::Email(email(address));
    let found = store.persons.find(&query, 2).await.expect("persons are found");
    found.iter().any(|person| person.id == samples::person_id(number))
}

async fn finds_all(store: &IndexedRecords, numbers: std::ops::RangeInclusive<u32>) -> bool {
    for number in numbers {
        if !finds(store, number, &format!("person{number}@example.com")).await {
            return false;
        }
    }
    true
}

/// Goes through all pages of two records; returns the sums.
async fn reindex(store: &IndexedRecords) -> Reindexed {
    let mut sum = Reindexed::default();
    loop {
        let page = store.indexes.reindex(sum.last, 2).await.expect("records are indexed");
        assert!(
            page.records <= 2 && page.replaced <= page.records,
            "at most `limit` records, and of these at most all are replaced: {page:?}"
        );
        assert_eq!((page.records == 0, page.unopened), (page.last.is_none(), 0));
        sum.records += page.records;
        sum.replaced += page.replaced;
        match page.last {
            Some(last) => {
                assert!(Some(last) > sum.last, "pages follow in the order of ids");
                sum.last = Some(last);
            }
            None => return sum,
        }
    }
}

async fn counts(store: &IndexedRecords) -> BTreeMap<String, u64> {
    let counts = store.indexes.counts().await.expect("indexes are counted");
    counts.into_iter().map(|(key, count)| (key.to_string(), count)).collect()
}

/// And under the old one while both are in the ring: nodes get a new ring one after the other.
pub async fn records_are_found_under_a_new_key_after_they_are_indexed(stores: RotatingIndexes) {
    let RotatingIndexes { old, both, new } = &stores;
    register(old, 1..=5).await;
    assert!(
        finds_all(old, 1..=5).await && finds_all(both, 1..=5).await,
        "records are found under the old key"
    );
    assert!(!finds(new, 1, "person1@example.com").await, "not under the new key yet");
    let done = reindex(both).await;
    assert_eq!((done.records, done.replaced), (5, 5));
    for store in [old, both, new] {
        assert!(finds_all(store, 1..=5).await, "records are found under both keys");
    }
    let counted = counts(both).await;
    assert_eq!(counted.into_values().collect::<Vec<_>>(), [10, 10], "two addresses, two keys");
}

/// Who stole the old key must find nothing.
pub async fn indexes_under_a_retired_key_are_removed(stores: RotatingIndexes) {
    let RotatingIndexes { old, both, new } = &stores;
    register(both, 1..=3).await;
    let before = counts(both).await;
    assert_eq!(reindex(new).await.replaced, 3);
    assert!(
        finds_all(new, 1..=3).await && finds_all(both, 1..=3).await,
        "records are found under the new key"
    );
    assert!(!finds(old, 1, "person1@example.com").await, "no index is left under the retired key");
    let after = counts(new).await;
    assert_eq!((before.len(), after.into_values().collect::<Vec<_>>()), (2, vec![6]));
}

/// A second run over the same records writes nothing.
pub async fn what_is_indexed_already_is_not_replaced(stores: RotatingIndexes) {
    let both = &stores.both;
    assert_eq!(reindex(both).await, Reindexed::default(), "without records");
    register(both, 1..=3).await;
    let done = reindex(both).await;
    assert_eq!((done.records, done.replaced), (3, 0));
}

/// A person that is changed meanwhile is found by its present address, and by no older one.
pub async fn a_change_is_never_replaced_by_older_indexes(stores: RotatingIndexes) {
    let RotatingIndexes { old, both, new } = stores;
    register(&old, 1..=8).await;
    let runner = |number: u32| {
        let both = both.clone();
        async move {
            if number > 8 {
                reindex(&both).await;
                return;
            }
            let query = PersonQuery::Id(samples::person_id(number));
            let person = both.persons.find(&query, 1).await.expect("found").remove(0);
            let address = email(&format!("changed{number}@example.com"));
            let update = DetailsUpdate { email: Some(address), ..DetailsUpdate::default() };
            let change = updates(&person, &update, 1).0;
            let committed = both.persons.commit(&[change]).await.expect("changed");
            assert_eq!(committed, [Committed::Moved]);
        }
    };
    race((1..=12).map(runner).collect()).await;
    for number in 1..=8 {
        assert!(finds(&new, number, &format!("changed{number}@example.com")).await, "{number}");
        assert!(!finds(&both, number, &format!("person{number}@example.com")).await, "{number}");
    }
    assert_eq!(reindex(&both).await.replaced, 0);
}

/// The number of contacts with this sample policy number.
async fn named(store: &IndexedRecords, number: u32) -> usize {
    let policy_number = Some(samples::policy_number(number));
    let filter = ContactFilter { policy_number, ..ContactFilter::default() };
    let query = ContactQuery { filter, order: ContactOrder::NewestFirst, after: None, limit: 9 };
    store.contacts.list(&query).await.expect("contacts are listed").len()
}

/// Of two persons and four contacts, one contact names no policy, and needs no index.
pub async fn policy_numbers_are_found_under_a_new_key_too(stores: RotatingIndexes) {
    let RotatingIndexes { old, both, new } = &stores;
    register(old, 1..=2).await;
    let content = |number: u32| Content {
        policy_number: (number < 4).then(|| samples::policy_number(number)),
        ..samples::contact_content()
    };
    let add =
        |number| samples::adds(samples::contact_id(number), 1, content(number), number.into());
    let adds: Vec<_> = (1..=4).map(add).collect();
    assert_eq!(old.contacts.commit(&adds).await, Ok(Committed::Moved));
    // An edit under both keys is indexed under both.
    let edit = samples::edits(content(2));
    let edit = samples::moves(adds[0].write.contact(), &edit, &samples::staff(2), 9);
    assert_eq!(both.contacts.commit(&[edit]).await, Ok(Committed::Moved));
    assert_eq!((named(old, 1).await, named(old, 2).await, named(old, 3).await), (0, 2, 1));
    assert_eq!((named(new, 2).await, named(new, 3).await), (1, 0));
    let done = reindex(both).await;
    assert_eq!((done.records, done.replaced), (6, 4));
    for store in [old, both, new] {
        assert_eq!((named(store, 2).await, named(store, 3).await), (2, 1));
    }
    let counted = counts(both).await;
    assert_eq!(counted.into_values().collect::<Vec<_>>(), [7, 7], "four addresses, three numbers");
    assert_eq!(reindex(new).await.replaced, 5);
    assert_eq!((named(new, 2).await, named(old, 2).await), (2, 0));
}

/// Runs the suite on each adapter: `blind_indexes_contract!(mine: open_mine(), …);`, where
/// `open_mine()` is a future of [`TestStores`](crate::contract::TestStores) of [`RotatingIndexes`].
#[macro_export]
macro_rules! blind_indexes_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            blind_indexes of blind_indexes, of_stores [
                records_are_found_under_a_new_key_after_they_are_indexed
                indexes_under_a_retired_key_are_removed
                what_is_indexed_already_is_not_replaced
                a_change_is_never_replaced_by_older_indexes
                policy_numbers_are_found_under_a_new_key_too
            ]
            $($adapters)+
        }
    };
}
