//! Drives the store of persons.

use std::ops::RangeInclusive;

use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::person::{
    AccountMail, DetailsUpdate, Person, PersonQuery, PersonWrite, Registration,
    set_mail_notification,
};

use super::contacts::ContactDriver;
use crate::contract::audit_rows;
use crate::samples::{
    account_id, act, at, human, person_id, person_registration, registers, updates,
};

impl ContactDriver {
    /// Registers new sample persons.
    ///
    /// # Panics
    /// When one of them is not new.
    pub async fn register(&self, numbers: RangeInclusive<u32>) {
        let changes: Vec<_> =
            numbers.map(|number| registers(&person_registration(number))).collect();
        assert_eq!(self.commit_persons(&changes).await, vec![Committed::Moved; changes.len()]);
    }

    /// Registers a person and returns it.
    ///
    /// # Panics
    /// When it is lost.
    pub async fn registered(&self, wish: &Registration) -> Person {
        assert_eq!(self.commit_persons(&[registers(wish)]).await, [Committed::Moved]);
        self.find_persons(&PersonQuery::Id(wish.id.clone())).await.remove(0)
    }

    /// Commits changes of persons together.
    ///
    /// # Panics
    /// When the store fails, or returns another number of results, or audits other changes.
    pub async fn commit_persons(&self, changes: &[Change<PersonWrite>]) -> Vec<Committed> {
        let before = audit_rows::heads(&self.stores).await;
        let committed = self.stores.persons.commit(changes).await.expect("changes are committed");
        assert_eq!(committed.len(), changes.len(), "one answer for each change");
        audit_rows::are_of(&self.stores, &before, changes, &committed).await;
        committed
    }

    /// The first ten persons that match.
    ///
    /// # Panics
    /// When the store cannot be read.
    pub async fn find_persons(&self, query: &PersonQuery) -> Vec<Person> {
        self.stores.persons.find(query, 10).await.expect("persons are found")
    }

    /// A sample person.
    ///
    /// # Panics
    /// When there is not exactly one.
    pub async fn person(&self, number: u32) -> Person {
        let mut found = self.find_persons(&PersonQuery::Id(person_id(number))).await;
        assert_eq!(found.len(), 1, "an id has one person");
        found.remove(0)
    }

    /// Updates a sample person as it is stored.
    ///
    /// # Panics
    /// When the update is lost.
    pub async fn update(&self, number: u32, update: &DetailsUpdate, seconds: i64) {
        let (change, _) = updates(&self.person(number).await, update, seconds);
        assert_eq!(self.commit_persons(&[change]).await, [Committed::Moved]);
    }

    /// Switches the mail setting of a sample account, which is the other one now.
    ///
    /// # Panics
    /// When the change is lost.
    pub async fn switch(&self, account: u32, notification: bool, seconds: i64) {
        let before = AccountMail { id: account_id(account), notification: !notification };
        let act = act("switch", human(), at(seconds));
        let change = set_mail_notification(&before, notification, &act);
        let change = change.expect("it is the other setting");
        assert_eq!(self.commit_persons(&[change]).await, [Committed::Moved]);
    }
}
