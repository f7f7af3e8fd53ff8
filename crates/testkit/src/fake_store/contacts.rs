//! The fake store's contacts.

use async_trait::async_trait;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::{
    Contact, ContactCursor, ContactEventName, ContactId, ContactQuery, ContactVersion, ContactWrite,
};
use madoguchi_domain::port::{ContactStore, StoreError};
use madoguchi_domain::sealed::KeyId;

use super::FakeStore;
use super::memory::Memory;

impl Memory {
    fn list_contacts(&self, query: &ContactQuery, keys: &[KeyId]) -> Vec<Contact> {
        let by_index = query.filter.policy_number.is_some();
        let is_indexed = |it: &&Contact| !by_index || self.is_indexed(it.data_key, keys);
        let place = |contact: &&Contact| ContactCursor::from(*contact);
        let is_after = |contact: &&Contact| query.after.is_none_or(|last| place(contact) < last);
        let matching = self.contacts.values().filter(|it| query.filter.matches(it));
        let mut found: Vec<_> = matching.filter(is_indexed).filter(is_after).collect();
        found.sort_by_key(|contact| std::cmp::Reverse(place(contact)));
        found.into_iter().take(query.limit as usize).cloned().collect()
    }

    fn commit_contact(&mut self, change: &Change<ContactWrite>, keys: &[KeyId]) -> Committed {
        let contact = change.write.contact();
        let stored = self.contacts.get(&contact.id).map(|stored| stored.version);
        let is_next = match change.write {
            ContactWrite::Add(..) => stored.is_none(),
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
        self.contacts.insert(contact.id, contact.clone());
        self.finish(change);
        Committed::Moved
    }
}

#[async_trait]
impl ContactStore for FakeStore {
    async fn find(&self, id: ContactId) -> Result<Option<Contact>, StoreError> {
        self.with(|memory| memory.contacts.get(&id).cloned())
    }

    async fn list(&self, query: &ContactQuery) -> Result<Vec<Contact>, StoreError> {
        self.with(|memory| memory.list_contacts(query, &self.index_keys))
    }

    async fn history(&self, id: ContactId) -> Result<Vec<ContactVersion>, StoreError> {
        self.with(|memory| memory.contact_versions.get(&id).cloned().unwrap_or_default())
    }

    async fn commit(&self, changes: &[Change<ContactWrite>]) -> Result<Vec<Committed>, StoreError> {
        let keys = &self.index_keys;
        self.write(|memory| changes.iter().map(|it| memory.commit_contact(it, keys)).collect())
    }
}
