//! The fake store's announcements.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use async_trait::async_trait;
use madoguchi_domain::Timestamp;
use madoguchi_domain::announcement::{
    Announcement, AnnouncementEventName, AnnouncementId, AnnouncementQuery, AnnouncementWrite,
    Audience, AudienceHash, MailCount, MailedAnnouncement, MailingBatch, MailingState,
    ShownAnnouncement, ShownQuery,
};
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::ContactMail;
use madoguchi_domain::mail::{MailState, MailStatus};
use madoguchi_domain::person::PersonId;
use madoguchi_domain::port::{AnnouncementStore, StoreError};

use super::FakeStore;
use super::memory::Memory;
use super::recipient::FakeRecipient;

fn audience<'a>(persons: impl Iterator<Item = &'a PersonId>) -> Audience {
    let mut hash = AudienceHash::default();
    persons.for_each(|person| hash.add(person));
    hash.finish()
}

impl Memory {
    fn recipients_of(
        &self,
        id: AnnouncementId,
    ) -> impl Iterator<Item = (&PersonId, &FakeRecipient)> {
        let all = self.recipients.iter().filter(move |((of, _), _)| *of == id);
        all.map(|((_, person), it)| (person, it))
    }

    fn list_announcements(&self, query: &AnnouncementQuery) -> Vec<Announcement> {
        let is_its = |it: &&Announcement| {
            query.state.is_none_or(|state| state == it.state.name())
                && query.after.is_none_or(|last| it.position() < last)
        };
        let mut found: Vec<_> = self.announcements.values().filter(is_its).cloned().collect();
        found.sort_by_key(|it| Reverse(it.position()));
        found.truncate(query.limit as usize);
        found
    }

    fn shown_announcements(&self, query: &ShownQuery) -> Vec<ShownAnnouncement> {
        let mut found = Vec::new();
        for announcement in self.announcements.values() {
            let recipient = self.recipients.get(&(announcement.id, query.person.clone()));
            let position = announcement.shown_position().filter(|it| {
                it.at <= query.now
                    && query.id.is_none_or(|id| id == announcement.id)
                    && query.after.is_none_or(|last| *it < last)
            });
            if let (Some(recipient), Some(position)) = (recipient, position) {
                let (announcement, read_at) = (announcement.clone(), recipient.read_at);
                found.push((Reverse(position), ShownAnnouncement { announcement, read_at }));
            }
        }
        found.sort_by_key(|(position, _)| *position);
        found.into_iter().take(query.limit as usize).map(|(_, shown)| shown).collect()
    }

    fn mailing_announcements(
        &self,
        now: Timestamp,
        held_until: Option<Timestamp>,
        limit: u32,
    ) -> Vec<AnnouncementId> {
        let is_open = |it: &&Announcement| match it.state.mailing().map(|mailing| mailing.state) {
            Some(MailingState::First | MailingState::Running) => true,
            Some(MailingState::Held(since)) => held_until.is_some_and(|until| since <= until),
            Some(MailingState::Stopped(_) | MailingState::Planned) | None => false,
        };
        let all = self.announcements.values().filter(is_open);
        let mut found: Vec<_> = all.filter_map(Announcement::shown_position).collect();
        found.retain(|it| it.at <= now);
        found.sort_unstable();
        found.truncate(limit as usize);
        found.into_iter().map(|it| AnnouncementId(it.id)).collect()
    }

    fn batch(&self, id: AnnouncementId, batch: &MailingBatch) -> Vec<PersonId> {
        let is_later = |person: &&PersonId| batch.after.as_ref().is_none_or(|last| *person > last);
        let all = self.recipients_of(id).map(|(person, _)| person).filter(is_later);
        all.take(batch.most as usize).cloned().collect()
    }

    fn mail_counts(&self, id: AnnouncementId) -> Vec<MailCount> {
        let mut counts: BTreeMap<(&str, Option<String>), u32> = BTreeMap::new();
        for (_, recipient) in self.recipients_of(id) {
            let status = recipient.mail.as_ref().map(|mail| &mail.status);
            let state = status.map_or(MailState::None, MailStatus::state);
            let reason = status.and_then(MailStatus::reason).map(str::to_owned);
            *counts.entry((state.as_str(), reason)).or_default() += 1;
        }
        let count = |((state, reason), count): ((&str, _), _)| {
            Some(MailCount { state: MailState::parse(state)?, reason, count })
        };
        counts.into_iter().filter_map(count).collect()
    }

    fn commit_announcement(&mut self, change: &Change<AnnouncementWrite>) -> Committed {
        let before = self.clone();
        if !self.can_finish(change) || !self.write_announcement(&change.write) {
            *self = before;
            return Committed::Lost;
        }
        self.finish(change);
        Committed::Moved
    }

    fn write_announcement(&mut self, write: &AnnouncementWrite) -> bool {
        match write {
            AnnouncementWrite::Add(new) => {
                self.announcements.insert(new.id, (**new).clone()).is_none()
            }
            AnnouncementWrite::Update(after, event) => {
                self.replace(after) && self.fix_recipients(after, *event)
            }
            AnnouncementWrite::PlanMails { after, mails, due } => {
                let is_new = |(person, id): &(PersonId, _)| {
                    let recipient = self.recipients.get_mut(&(after.id, person.clone()));
                    let status = MailStatus::Pending { due: *due };
                    let mail = ContactMail { id: *id, status };
                    recipient.is_some_and(|it| it.mail.replace(mail).is_none())
                };
                mails.iter().all(is_new) && self.replace(after)
            }
            AnnouncementWrite::Read { announcement, person, at } => {
                let recipient = self.recipients.get_mut(&(*announcement, person.clone()));
                recipient.is_some_and(|it| it.read_at.replace(*at).is_none())
            }
        }
    }

    fn replace(&mut self, after: &Announcement) -> bool {
        let stored = self.announcements.get_mut(&after.id);
        let stored = stored.filter(|it| it.version + 1 == after.version);
        stored.map(|it| *it = after.clone()).is_some()
    }

    fn fix_recipients(&mut self, after: &Announcement, event: AnnouncementEventName) -> bool {
        use AnnouncementEventName as On;
        if matches!(event, On::Edited | On::Submitted | On::Rejected) {
            self.recipients.retain(|(id, _), _| *id != after.id);
        }
        if event != On::Submitted {
            return true;
        }
        for person in self.persons.keys() {
            self.recipients.insert((after.id, person.clone()), FakeRecipient::default());
        }
        after.state.audience() == Some(&audience(self.persons.keys()))
    }
}

#[async_trait]
impl AnnouncementStore for FakeStore {
    async fn find(&self, id: AnnouncementId) -> Result<Option<Announcement>, StoreError> {
        self.with(|memory| memory.announcements.get(&id).cloned())
    }

    async fn list(&self, query: &AnnouncementQuery) -> Result<Vec<Announcement>, StoreError> {
        self.with(|memory| memory.list_announcements(query))
    }

    async fn shown(&self, query: &ShownQuery) -> Result<Vec<ShownAnnouncement>, StoreError> {
        self.with(|memory| memory.shown_announcements(query))
    }

    async fn audience(&self) -> Result<Audience, StoreError> {
        self.with(|memory| audience(memory.persons.keys()))
    }

    async fn mailing(
        &self,
        now: Timestamp,
        held_until: Option<Timestamp>,
        limit: u32,
    ) -> Result<Vec<AnnouncementId>, StoreError> {
        self.with(|memory| memory.mailing_announcements(now, held_until, limit))
    }

    async fn waiting(&self) -> Result<u64, StoreError> {
        self.with(|memory| {
            let mails = memory.recipients.values().filter_map(|it| it.mail.as_ref());
            mails.map(|mail| u64::from(mail.status.state() == MailState::Pending)).sum()
        })
    }

    async fn recipients(
        &self,
        id: AnnouncementId,
        batch: &MailingBatch,
    ) -> Result<Vec<PersonId>, StoreError> {
        self.with(|memory| memory.batch(id, batch))
    }

    async fn mail_counts(&self, id: AnnouncementId) -> Result<Vec<MailCount>, StoreError> {
        self.with(|memory| memory.mail_counts(id))
    }

    async fn mailed(&self, id: AnnouncementId) -> Result<Option<MailedAnnouncement>, StoreError> {
        self.with(|memory| {
            memory.announcements.get(&id).map(|it| MailedAnnouncement {
                visible_from: it.visible_from(),
                is_stopped: it
                    .state
                    .mailing()
                    .is_none_or(|mailing| matches!(mailing.state, MailingState::Stopped(_))),
            })
        })
    }

    async fn commit(&self, change: &Change<AnnouncementWrite>) -> Result<Committed, StoreError> {
        self.write(|memory| memory.commit_announcement(change))
    }
}
