//! The fake store's legal holds.

use std::cmp::Reverse;

use async_trait::async_trait;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::Contact;
use madoguchi_domain::port::{HoldStore, StoreError};
use madoguchi_domain::retention::{
    HeldContacts, HoldId, HoldQuery, HoldSubject, HoldWrite, LegalHold,
};

use super::FakeStore;
use super::memory::Memory;

fn covers(subject: &HoldSubject, contact: &Contact) -> bool {
    match subject {
        HoldSubject::Person(id) => contact.person == *id,
        HoldSubject::Application(id) => contact.content.application.as_ref() == Some(id),
    }
}

impl Memory {
    pub(super) fn is_held(&self, contact: &Contact) -> bool {
        let in_force = self.holds.values().filter(|hold| hold.released.is_none());
        in_force.into_iter().any(|hold| covers(&hold.subject, contact))
    }

    fn covered(&self, subject: &HoldSubject) -> Option<HeldContacts> {
        let covered: Vec<_> = self.contacts.values().filter(|it| covers(subject, it)).collect();
        let is_known = match subject {
            HoldSubject::Person(id) => self.persons.contains_key(id),
            HoldSubject::Application(id) => self.application(id).is_some(),
        };
        let mut held = HeldContacts::default();
        for contact in covered {
            if self.receipts.contains_key(&contact.id) {
                held.purged += 1;
            } else if contact.deleted.is_some() {
                held.deleted += 1;
            } else {
                held.kept += 1;
            }
        }
        is_known.then_some(held)
    }

    fn commit_hold(&mut self, change: &Change<HoldWrite>) -> Committed {
        let is_lost = match &change.write {
            HoldWrite::Place(hold) => self.holds.contains_key(&hold.id),
            HoldWrite::Release(id, _) => {
                self.holds.get(id).is_none_or(|hold| hold.released.is_some())
            }
        };
        if is_lost || !self.can_finish(change) {
            return Committed::Lost;
        }
        match &change.write {
            HoldWrite::Place(hold) => {
                self.holds.insert(hold.id, (**hold).clone());
            }
            HoldWrite::Release(id, mark) => {
                if let Some(hold) = self.holds.get_mut(id) {
                    hold.released = Some(mark.clone());
                }
            }
        }
        self.finish(change);
        Committed::Moved
    }
}

#[async_trait]
impl HoldStore for FakeStore {
    async fn find(&self, id: HoldId) -> Result<Option<LegalHold>, StoreError> {
        self.with(|memory| memory.holds.get(&id).cloned())
    }

    async fn list(&self, query: &HoldQuery) -> Result<Vec<LegalHold>, StoreError> {
        self.with(|memory| {
            let shown = memory.holds.values().filter(|hold| query.shows(hold));
            let mut holds: Vec<_> = shown.cloned().collect();
            holds.sort_by_key(|hold| Reverse(hold.position()));
            holds.truncate(query.limit as usize);
            holds
        })
    }

    async fn covered(&self, subject: &HoldSubject) -> Result<Option<HeldContacts>, StoreError> {
        self.with(|memory| memory.covered(subject))
    }

    async fn commit(&self, changes: &[Change<HoldWrite>]) -> Result<Vec<Committed>, StoreError> {
        self.write(|memory| changes.iter().map(|it| memory.commit_hold(it)).collect())
    }
}
