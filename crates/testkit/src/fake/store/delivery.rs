//! The fake store's delivery watch and bounces.

use async_trait::async_trait;
use madoguchi_domain::Timestamp;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::delivery::{
    Bounce, BounceWrite, LookAlikeId, MailTopic, WatchCause, WatchEntry, WatchQuery, WatchReason,
    WatchedMail, WatchedPerson, newly_alike, no_longer_alike,
};
use madoguchi_domain::mail::MailId;
use madoguchi_domain::person::{ContactDetails, EmailAddress, Person, PhoneNumber};
use madoguchi_domain::port::{DeliveryStore, StoreError};
use madoguchi_domain::sealed::DataKeyId;

use super::FakeStore;
use super::memory::Memory;

/// The address that a reason is about.
fn address(details: &ContactDetails, reason: WatchReason) -> Option<&str> {
    match reason {
        WatchReason::SameEmail => details.email.as_ref().map(EmailAddress::expose),
        WatchReason::SamePhone => details.phone.as_ref().map(PhoneNumber::expose),
        WatchReason::Stopped
        | WatchReason::Failed
        | WatchReason::Uncertain
        | WatchReason::Bounced => None,
    }
}

impl Memory {
    /// Keeps who looks alike when a person's details are no more those `before`.
    pub(super) fn readdress(&mut self, before: &ContactDetails, person: &Person, at: Timestamp) {
        let record = person.data_key;
        for reason in [WatchReason::SameEmail, WatchReason::SamePhone] {
            let (old, new) = (address(before, reason), address(&person.details, reason));
            if old == new {
                continue;
            }
            self.alike.remove(&(reason.as_str(), record));
            if let Some(lonely) = no_longer_alike(&self.others(record, reason, old)) {
                self.alike.remove(&(reason.as_str(), lonely));
            }
            for alike in newly_alike(record, &self.others(record, reason, new)) {
                self.alike.insert((reason.as_str(), alike), at);
            }
        }
    }

    /// The other records with this address, the first to be registered first.
    fn others(
        &self,
        record: DataKeyId,
        reason: WatchReason,
        value: Option<&str>,
    ) -> Vec<DataKeyId> {
        let has_it = |it: &&Person| {
            it.data_key != record && value.is_some() && address(&it.details, reason) == value
        };
        let mut others: Vec<_> =
            self.persons.values().filter(has_it).map(|it| it.data_key).collect();
        others.sort_unstable();
        others
    }

    fn watch(&self, query: &WatchQuery) -> Vec<WatchEntry> {
        let mut entries = Vec::new();
        for person in self.persons.values() {
            let contacts = self.contacts.values().filter(|it| it.person == person.id);
            let mails = contacts.filter_map(|contact| {
                let mail = contact.mail.as_ref()?;
                let status = mail.status.clone();
                Some(WatchedMail { about: MailTopic::Contact(contact.id), mail: mail.id, status })
            });
            let bounces = self.bounces.values().filter(|it| it.person == person.id);
            let announced = self.recipients.iter().filter(|((_, of), _)| *of == person.id);
            let announced = announced.filter_map(|((announcement, _), recipient)| {
                let mail = recipient.mail.as_ref()?;
                let (about, status) = (MailTopic::Announcement(*announcement), mail.status.clone());
                Some(WatchedMail { about, mail: mail.id, status })
            });
            let (mails, bounces): (Vec<_>, Vec<_>) =
                (mails.chain(announced).collect(), bounces.cloned().collect());
            let muted_since = self.muted.get(&person.account.id).copied();
            let watched = WatchedPerson { person, muted_since, mails: &mails, bounces: &bounces };
            entries.extend(watched.entries());
            entries.extend(self.look_alikes(person));
        }
        query.page(entries)
    }

    fn look_alikes(&self, person: &Person) -> impl Iterator<Item = WatchEntry> {
        let reasons = [WatchReason::SameEmail, WatchReason::SamePhone].into_iter();
        reasons.filter_map(move |reason| {
            let record = person.data_key;
            let since = *self.alike.get(&(reason.as_str(), record))?;
            let others = self.others(record, reason, address(&person.details, reason));
            let other = self.persons.values().find(|it| Some(&it.data_key) == others.first())?;
            let cause = WatchCause::look_alike(reason, other.id.clone())?;
            let id = LookAlikeId::of(record, reason)?.0;
            Some(WatchEntry { id, person: person.id.clone(), since, cause })
        })
    }

    fn commit_bounce(&mut self, change: &Change<BounceWrite>) -> Committed {
        let BounceWrite(bounce) = &change.write;
        if !self.can_finish(change) || self.bounces.contains_key(&bounce.mail) {
            return Committed::Lost;
        }
        self.bounces.insert(bounce.mail, bounce.clone());
        self.finish(change);
        Committed::Moved
    }
}

#[async_trait]
impl DeliveryStore for FakeStore {
    async fn watch(&self, query: &WatchQuery) -> Result<Vec<WatchEntry>, StoreError> {
        self.with(|memory| memory.watch(query))
    }

    async fn bounce(&self, mail: MailId) -> Result<Option<Bounce>, StoreError> {
        self.with(|memory| memory.bounces.get(&mail).cloned())
    }

    async fn commit(&self, changes: &[Change<BounceWrite>]) -> Result<Vec<Committed>, StoreError> {
        self.write(|memory| changes.iter().map(|change| memory.commit_bounce(change)).collect())
    }
}
