//! The contract suite of [`BlindIndexes`].

use std::collections::BTreeMap;
use std::sync::Arc;

use madoguchi_domain::change::Committed;
use madoguchi_domain::person::{DetailsUpdate, PersonQuery};
use madoguchi_domain::port::{BlindIndexes, PersonStore, Reindexed};
use madoguchi_domain::redacted;

use crate::race::race;
use crate::samples::{self, email, person_registration, registers, updates};

redacted!(IndexedPersons, RotatingIndexes);

/// Persons and their blind indexes behind one key ring.
#[derive(Clone)]
pub struct IndexedPersons {
    /// The persons.
    pub persons: Arc<dyn PersonStore>,
    /// Their indexes, which are under test.
    pub indexes: Arc<dyn BlindIndexes>,
}

impl IndexedPersons {
    /// The ports of one adapter that implements both.
    #[must_use]
    pub fn of<S: PersonStore + BlindIndexes + 'static>(store: S) -> Self {
        let store = Arc::new(store);
        Self { persons: Arc::<S>::clone(&store), indexes: store }
    }
}

/// One empty store behind the key ring at the stages of a rotation of the index key.
#[derive(Clone)]
pub struct RotatingIndexes {
    /// The key ring has the old index key.
    pub old: IndexedPersons,
    /// It has both.
    pub both: IndexedPersons,
    /// It has the new one.
    pub new: IndexedPersons,
}

async fn register(store: &IndexedPersons, numbers: std::ops::RangeInclusive<u32>) {
    let changes: Vec<_> = numbers.map(|it| registers(&person_registration(it))).collect();
    let committed = store.persons.commit(&changes).await.expect("persons are registered");
    assert_eq!(committed, vec![Committed::Moved; changes.len()]);
}

/// Whether a search by address finds the person with this sample number.
async fn finds(store: &IndexedPersons, number: u32, address: &str) -> bool {
    let query = PersonQuery::Email(email(address));
    let found = store.persons.find(&query, 2).await.expect("persons are found");
    found.iter().any(|person| person.id == samples::person_id(number))
}

async fn finds_all(store: &IndexedPersons, numbers: std::ops::RangeInclusive<u32>) -> bool {
    for number in numbers {
        if !finds(store, number, &format!("person{number}@example.com")).await {
            return false;
        }
    }
    true
}

/// Goes through all pages of two records; returns the sums.
async fn reindex(store: &IndexedPersons) -> Reindexed {
    let mut sum = Reindexed::default();
    loop {
        let page = store.indexes.reindex(sum.last, 2).await.expect("records are indexed");
        assert!(page.records <= 2 && page.replaced <= page.records);
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

async fn counts(store: &IndexedPersons) -> BTreeMap<String, u64> {
    let counts = store.indexes.counts().await.expect("indexes are counted");
    counts.into_iter().map(|(key, count)| (key.to_string(), count)).collect()
}

/// A check of the contract.
pub async fn records_are_found_under_a_new_key_after_they_are_indexed(stores: RotatingIndexes) {
    let RotatingIndexes { old, both, new } = &stores;
    register(old, 1..=5).await;
    assert!(finds_all(old, 1..=5).await && finds_all(both, 1..=5).await);
    assert!(!finds(new, 1, "person1@example.com").await, "not under the new key yet");
    let done = reindex(both).await;
    assert_eq!((done.records, done.replaced), (5, 5));
    for store in [old, both, new] {
        assert!(finds_all(store, 1..=5).await);
    }
    let counted = counts(both).await;
    assert_eq!(counted.into_values().collect::<Vec<_>>(), [10, 10], "two addresses, two keys");
}

/// A check of the contract.
pub async fn indexes_under_a_retired_key_are_removed(stores: RotatingIndexes) {
    let RotatingIndexes { old, both, new } = &stores;
    register(both, 1..=3).await;
    let before = counts(both).await;
    assert_eq!(reindex(new).await.replaced, 3);
    assert!(finds_all(new, 1..=3).await && finds_all(both, 1..=3).await);
    assert!(!finds(old, 1, "person1@example.com").await);
    let after = counts(new).await;
    assert_eq!((before.len(), after.into_values().collect::<Vec<_>>()), (2, vec![6]));
}

/// A check of the contract.
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

/// Runs the suite on each adapter: `blind_indexes_contract!(mine: open_mine(), …);`, where
/// `open_mine()` is a future of [`TestStores`](crate::contract::TestStores) of [`RotatingIndexes`].
#[macro_export]
macro_rules! blind_indexes_contract {
    ($($adapter:ident: $open:expr),+ $(,)?) => {mod blind_indexes {$(
        mod $adapter {
            use super::super::*;

            $crate::store_checks!(
                blind_indexes_contract, $open,
                records_are_found_under_a_new_key_after_they_are_indexed
                indexes_under_a_retired_key_are_removed
                what_is_indexed_already_is_not_replaced
                a_change_is_never_replaced_by_older_indexes
            );
        }
    )+}};
}
