//! The fake store's retention.

use std::cmp::Reverse;

use async_trait::async_trait;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::{
    AnswerStatus, ApplicationId, Contact, ContactEventName, ContactId, Mark,
};
use madoguchi_domain::port::{RetentionReports, RetentionStore, StoreError};
use madoguchi_domain::retention::{
    Application, DuePage, DueQuery, DueScope, PurgeGround, PurgeReceipt, ReceiptQuery,
    RetainedContact, RetentionWrite, UnansweredQuery,
};

use super::FakeStore;
use super::memory::Memory;

impl Memory {
    pub(super) fn application(&self, id: &ApplicationId) -> Option<Application> {
        let completion = self.completions.get(id).cloned();
        let mut named = self.contacts.values().map(|it| it.content.application.as_ref());
        let is_known = completion.is_some() || named.any(|it| it == Some(id));
        is_known.then(|| Application { id: id.clone(), completion })
    }

    fn retained(&self, contact: &Contact) -> RetainedContact {
        let application = contact.content.application.clone();
        let completion = application.as_ref().and_then(|id| self.completions.get(id));
        RetainedContact {
            id: contact.id,
            version: contact.version,
            person: contact.person.clone(),
            kept_until: completion.map(|it| it.on.kept_until()),
            application,
            contact_type: contact.content.contact_type.name(),
            is_answered: contact.answer.status() == AnswerStatus::Answered,
            created_at: contact.created.at,
            deleted_at: contact.deleted.as_ref().map(|mark| mark.at),
            reported_at: self.reported.get(&contact.id).copied(),
            data_key: contact.data_key,
            is_held: self.is_held(contact),
        }
    }

    fn due(&self, query: &DueQuery) -> DuePage {
        let DueQuery { scope, after, limit } = *query;
        let is_in = |it: &RetainedContact| match scope {
            DueScope::Kept => it.application.is_some() && it.deleted_at.is_none(),
            DueScope::Deleted { by } => it.deleted_at.is_some_and(|at| at <= by),
        };
        let is_after = |it: &RetainedContact| after.is_none_or(|last| it.position(scope) > last);
        let all = self.there().map(|it| self.retained(it));
        let mut due: Vec<_> = all.filter(|it| is_in(it) && is_after(it)).collect();
        due.sort_by_key(|it| it.position(scope));
        due.truncate(limit as usize);
        let last = due.last().map(|it| it.position(scope));
        DuePage { contacts: due, unreadable: Vec::new(), last }
    }

    fn unanswered(&self, query: &UnansweredQuery) -> Vec<RetainedContact> {
        let all = self.there().map(|it| self.retained(it));
        let mut found: Vec<_> = all.filter_map(|it| Some((query.position(&it)?, it))).collect();
        found.sort_by_key(|(position, _)| Reverse(*position));
        found.into_iter().take(query.limit as usize).map(|(_, it)| it).collect()
    }

    fn commit_retention(&mut self, change: &Change<RetentionWrite>) -> Committed {
        if !self.can_finish(change) || !self.can_write(&change.write) {
            return Committed::Lost;
        }
        match &change.write {
            RetentionWrite::Complete { application, completion } => {
                self.completions.insert(application.clone(), completion.clone());
            }
            RetentionWrite::Report { contact, at, .. } => {
                self.reported.insert(*contact, *at);
            }
            RetentionWrite::Delete(after, _) => {
                let version = after.version_of(ContactEventName::Deleted, &change.audit.act);
                self.contact_versions.entry(after.id).or_default().extend(version);
                let mail = self.contacts.get(&after.id).and_then(|it| it.mail.clone());
                self.contacts.insert(after.id, Contact { mail, ..(**after).clone() });
            }
            RetentionWrite::Purge { receipt, .. } => {
                self.purge(receipt, &Mark::from(&change.audit.act));
            }
        }
        self.finish(change);
        Committed::Moved
    }

    fn can_write(&self, write: &RetentionWrite) -> bool {
        let there = |id: ContactId| self.there().find(|it| it.id == id);
        match write {
            RetentionWrite::Complete { application, .. } => {
                !self.completions.contains_key(application)
            }
            RetentionWrite::Report { contact, version, .. } => {
                there(*contact).is_some_and(|it| it.version == *version)
                    && !self.reported.contains_key(contact)
            }
            RetentionWrite::Delete(after, _) => there(after.id)
                .is_some_and(|it| it.version + 1 == after.version && !self.is_held(it)),
            RetentionWrite::Purge { version, receipt } => {
                there(receipt.contact).is_some_and(|it| {
                    let is_deleted = it.deleted.is_some();
                    it.version == *version
                        && is_deleted == (receipt.ground == PurgeGround::Deleted)
                        && !self.is_held(it)
                })
            }
        }
    }

    fn purge(&mut self, receipt: &PurgeReceipt, mark: &Mark) {
        if let Some(contact) = self.contacts.get_mut(&receipt.contact) {
            contact.deleted.get_or_insert_with(|| mark.clone());
        }
        self.contact_versions.remove(&receipt.contact);
        self.data_keys.remove(&receipt.data_key);
        self.index_keys.remove(&receipt.data_key);
        self.receipts.insert(receipt.contact, receipt.clone());
    }
}

#[async_trait]
impl RetentionStore for FakeStore {
    async fn application(&self, id: &ApplicationId) -> Result<Option<Application>, StoreError> {
        self.with(|memory| memory.application(id))
    }

    async fn due(&self, query: &DueQuery) -> Result<DuePage, StoreError> {
        self.with(|memory| memory.due(query))
    }

    async fn contacts(&self, ids: &[ContactId]) -> Result<Vec<Contact>, StoreError> {
        self.with(|memory| memory.there().filter(|it| ids.contains(&it.id)).cloned().collect())
    }

    async fn commit(
        &self,
        changes: &[Change<RetentionWrite>],
    ) -> Result<Vec<Committed>, StoreError> {
        self.write(|memory| changes.iter().map(|it| memory.commit_retention(it)).collect())
    }
}

#[async_trait]
impl RetentionReports for FakeStore {
    async fn unanswered(
        &self,
        query: &UnansweredQuery,
    ) -> Result<Vec<RetainedContact>, StoreError> {
        self.with(|memory| memory.unanswered(query))
    }

    async fn receipts(&self, query: &ReceiptQuery) -> Result<Vec<PurgeReceipt>, StoreError> {
        self.with(|memory| {
            let shown = memory.receipts.values().filter(|it| query.shows(it));
            let mut receipts: Vec<_> = shown.cloned().collect();
            receipts.sort_by_key(|it| Reverse(it.position()));
            receipts.truncate(query.limit as usize);
            receipts
        })
    }
}
