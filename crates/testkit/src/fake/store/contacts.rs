//! The fake store's contacts.

use std::cmp::Ordering;

use async_trait::async_trait;
use madoguchi_domain::Timestamp;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::{
    Contact, ContactEventName, ContactId, ContactKey, ContactQuery, ContactVersion, ContactWrite,
    Waiting,
};
use madoguchi_domain::page::ListPosition;
use madoguchi_domain::port::{ContactStore, StoreError};
use madoguchi_domain::sealed::KeyId;

use super::FakeStore;
use super::memory::Memory;

impl Memory {
    /// The contacts that are not purged.
    pub(super) fn there(&self) -> impl Iterator<Item = &Contact> {
        self.contacts.values().filter(|it| !self.receipts.contains_key(&it.id))
    }

    fn list_contacts(&self, query: &ContactQuery, keys: &[KeyId]) -> Vec<Contact> {
        let by_index = query.filter.policy_number.is_some();
        let is_indexed = |it: &&Contact| !by_index || self.is_indexed(it.data_key, keys);
        let ContactQuery { filter, order, after, limit } = query;
        let is_after = |it: &ListPosition| after.is_none_or(|last| order.is_after(*it, last));
        let matching = self.there().filter(|it| filter.matches(it)).filter(is_indexed);
        let placed = matching.filter_map(|it| Some((order.position(it).filter(is_after)?, it)));
        let mut found: Vec<_> = placed.collect();
        found.sort_by(|(one, _), (other, _)| match order.is_after(*one, *other) {
            true => Ordering::Greater,
            false => Ordering::Less,
        });
        found.into_iter().take(*limit as usize).map(|(_, contact)| contact.clone()).collect()
    }

    fn commit_contacts(&mut self, changes: &[Change<ContactWrite>], keys: &[KeyId]) -> Committed {
        let before = self.clone();
        let is_lost = |change| self.commit_contact(change, keys) == Committed::Lost;
        if changes.iter().any(is_lost) {
            *self = before;
            return Committed::Lost;
        }
        Committed::Moved
    }

    fn commit_contact(&mut self, change: &Change<ContactWrite>, keys: &[KeyId]) -> Committed {
        let contact = change.write.contact();
        let stored = self.there().find(|it| it.id == contact.id).map(|stored| stored.version);
        let is_next = match change.write {
            ContactWrite::Add(..) => !self.contacts.contains_key(&contact.id),
            ContactWrite::Update(..) => stored.is_some_and(|it| it + 1 == contact.version),
        };
        if !is_next || !self.can_finish(change) {
            return Committed::Lost;
        }
        let version = contact.version_of(change.write.event(), &change.audit.act);
        self.contact_versions.entry(contact.id).or_default().extend(version);
        if matches!(change.write.event(), ContactEventName::Added | ContactEventName::Edited) {
            self.index_keys.insert(contact.data_key, keys.to_vec());
        }
        let mut contact = contact.clone();
        // Later than the approval, only the mail's own effect changes it.
        if let Some(stored) = self.contacts.get(&contact.id)
            && change.write.event() != ContactEventName::Approved
        {
            contact.mail = stored.mail.clone();
        }
        self.contacts.insert(contact.id, contact);
        self.finish(change);
        Committed::Moved
    }
}

#[async_trait]
impl ContactStore for FakeStore {
    async fn find(&self, key: &ContactKey) -> Result<Option<Contact>, StoreError> {
        let ContactKey { id, person } = key;
        let is_for = |it: &&Contact| person.as_ref().is_none_or(|person| *person == it.person);
        self.with(|memory| memory.there().filter(|it| it.id == *id).find(is_for).cloned())
    }

    async fn list(&self, query: &ContactQuery) -> Result<Vec<Contact>, StoreError> {
        self.with(|memory| memory.list_contacts(query, &self.index_keys))
    }

    async fn waiting(&self, since: Timestamp, limit: u32) -> Result<Waiting, StoreError> {
        self.with(|memory| {
            let waiting =
                memory.contacts.values().filter_map(|it| Some((it.waiting_since()?, it.id)));
            let mut waiting: Vec<_> = waiting.filter(|(at, _)| *at <= since).collect();
            waiting.sort_unstable();
            let oldest = waiting.first().map(|(at, _)| *at);
            let first = waiting.iter().take(limit as usize).map(|(_, id)| *id).collect();
            let count = waiting.len().min(Waiting::MOST as usize) as u64;
            Waiting { count, oldest, first }
        })
    }

    async fn history(&self, id: ContactId) -> Result<Vec<ContactVersion>, StoreError> {
        self.with(|memory| {
            let is_there = memory.there().any(|it| it.id == id);
            let versions = memory.contact_versions.get(&id).filter(|_| is_there);
            versions.cloned().unwrap_or_default()
        })
    }

    async fn commit(&self, changes: &[Change<ContactWrite>]) -> Result<Committed, StoreError> {
        let keys = &self.index_keys;
        self.write(|memory| memory.commit_contacts(changes, keys))
    }
}
