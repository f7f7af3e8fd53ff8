//! The fake store's mails about contacts.

use async_trait::async_trait;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::{ContactMail, MailWrite, MailedContact, UnplannedMail};
use madoguchi_domain::mail::{MailId, MailOrder, MailStatus};
use madoguchi_domain::port::{MailStore, StoreError};

use super::FakeStore;
use super::memory::Memory;

impl Memory {
    /// Contacts and recipients of a mail show its status, as far as theirs is open.
    pub(super) fn move_mail(&mut self, mail: MailId, status: &MailStatus) {
        let contacts = self.contacts.values_mut().filter_map(|it| it.mail.as_mut());
        let recipients = self.recipients.values_mut().filter_map(|it| it.mail.as_mut());
        for own in contacts.chain(recipients).filter(|own| own.id == mail) {
            if let Some(next) = own.status.moved(status) {
                own.status = next;
            }
        }
    }

    fn announced(&self, mail: MailId) -> Vec<MailedContact> {
        let has_it = |own: &ContactMail| own.id == mail;
        let contacts = self.contacts.values().filter(|it| it.mail.as_ref().is_some_and(has_it));
        contacts.filter_map(MailedContact::of).collect()
    }

    fn unplanned(&self, limit: u32) -> Vec<UnplannedMail> {
        let mut missing: Vec<UnplannedMail> = Vec::new();
        for contact in self.contacts.values() {
            let Some(ContactMail { id, status: MailStatus::Pending { due } }) = contact.mail else {
                continue;
            };
            let mut planned = self.effects.keys().filter(|key| key.kind == MailOrder::KIND);
            let is_known = planned.any(|key| key.id.0 == id.0);
            if !is_known && missing.iter().all(|it| it.id != id) {
                missing.push(UnplannedMail { id, person: contact.person.clone(), due });
            }
        }
        missing.truncate(limit as usize);
        missing
    }

    fn commit_mail(&mut self, change: &Change<MailWrite>) -> Committed {
        if !self.can_finish(change) {
            return Committed::Lost;
        }
        if let MailWrite::LeaveOut { mail, contact, status } = &change.write {
            let own = self.contacts.get_mut(contact).and_then(|it| it.mail.as_mut());
            let is_pending = |own: &&mut ContactMail| {
                own.id == *mail && matches!(own.status, MailStatus::Pending { .. })
            };
            let Some(own) = own.filter(is_pending) else {
                return Committed::Lost;
            };
            own.status = status.clone();
        }
        self.finish(change);
        Committed::Moved
    }
}

#[async_trait]
impl MailStore for FakeStore {
    async fn announced(&self, mail: MailId) -> Result<Vec<MailedContact>, StoreError> {
        self.with(|memory| memory.announced(mail))
    }

    async fn unplanned(&self, limit: u32) -> Result<Vec<UnplannedMail>, StoreError> {
        self.with(|memory| memory.unplanned(limit))
    }

    async fn commit(&self, changes: &[Change<MailWrite>]) -> Result<Vec<Committed>, StoreError> {
        self.write(|memory| changes.iter().map(|change| memory.commit_mail(change)).collect())
    }
}
