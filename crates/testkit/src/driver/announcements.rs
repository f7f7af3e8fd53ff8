//! Drives the store of announcements.

use std::sync::Arc;

use madoguchi_application::ContactStores;
use madoguchi_domain::act::Act;
use madoguchi_domain::announcement::{
    Announcement, AnnouncementContent, AnnouncementEvent, AnnouncementId, AnnouncementWrite,
    CheckedAnnouncement, MailingPolicy, NewAnnouncementIds,
};
use madoguchi_domain::approval::ContentSalt;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::{ContactBody, ContactPolicy, ContactSubject};
use madoguchi_domain::if_match::IfMatch;
use madoguchi_domain::mail::MailId;
use madoguchi_domain::person::PersonId;
use madoguchi_domain::port::AnnouncementStore;
use madoguchi_domain::redacted;
use madoguchi_domain::sealed::DataKeyId;
use uuid::Uuid;

use super::contacts::ContactDriver;
use crate::contract::audit_rows;
use crate::samples::{at, mail_rules, person_act};

redacted!(AnnouncementDriver);

const POLICY: MailingPolicy = MailingPolicy { first_batch: 2, release_after: None, batch: 2 };

/// Drives stores with announcements. It panics when a store breaks its contract.
#[derive(Clone)]
pub struct AnnouncementDriver {
    /// The persons and the mails on the same database.
    pub contacts: ContactDriver,
    /// The store of announcements.
    pub store: Arc<dyn AnnouncementStore>,
}

impl From<ContactStores> for AnnouncementDriver {
    fn from(stores: ContactStores) -> Self {
        Self { store: Arc::clone(&stores.announcements), contacts: stores.into() }
    }
}

impl AnnouncementDriver {
    /// A content that is mailed, visible at that moment or once it is approved.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn content(posted: Option<i64>) -> CheckedAnnouncement {
        let content = AnnouncementContent {
            subject: ContactSubject::parse("システム停止のお知らせ").expect("it parses"),
            body: ContactBody::parse("text").expect("it parses"),
            link: None,
            posted_at: posted.map(at),
            mail: true,
        };
        let policy = ContactPolicy { mail: Some(mail_rules()), ..ContactPolicy::standard() };
        CheckedAnnouncement::new(content, &policy).expect("it keeps the rules")
    }

    /// The change for `event`, and the announcement after it; commits nothing.
    ///
    /// # Panics
    /// When it is refused or changes nothing.
    #[must_use]
    pub fn change(
        &self,
        announcement: &Announcement,
        event: &AnnouncementEvent,
        act: &Act,
    ) -> (Change<AnnouncementWrite>, Announcement) {
        let changed = announcement.change(event, &IfMatch::Any, act);
        let (change, after) = changed.expect("it is allowed");
        (change.expect("it changes something"), after)
    }

    /// Commits a change.
    ///
    /// # Panics
    /// When the store fails, or audits another change.
    pub async fn commit(&self, change: &Change<AnnouncementWrite>) -> Committed {
        let before = audit_rows::heads(&self.contacts.stores).await;
        let committed = self.store.commit(change).await.expect("changes are committed");
        let (changes, each) = (std::slice::from_ref(change), [committed]);
        audit_rows::are_of(&self.contacts.stores, &before, changes, &each).await;
        committed
    }

    /// The announcement with this id.
    ///
    /// # Panics
    /// When it is not stored.
    pub async fn find(&self, id: AnnouncementId) -> Announcement {
        let found = self.store.find(id).await.expect("announcements are read");
        found.expect("it is stored")
    }

    /// Ann's draft, of this number and time, and the change that adds it.
    #[must_use]
    pub fn draft(number: u32, posted: Option<i64>) -> (Announcement, Change<AnnouncementWrite>) {
        let id = |kind: u128| Uuid::from_u128(kind << 64 | u128::from(number));
        let ids = NewAnnouncementIds {
            announcement: AnnouncementId(id(5)),
            data_key: DataKeyId(id(6)),
            salt: ContentSalt::new([9; 32]),
        };
        let act = person_act("ann", 100 + i64::from(number));
        Announcement::added(&Self::content(posted), ids, &act)
    }

    /// Adds [`draft`](Self::draft).
    ///
    /// # Panics
    /// When it is lost.
    pub async fn drafted(&self, number: u32, posted: Option<i64>) -> Announcement {
        let (draft, change) = Self::draft(number, posted);
        assert_eq!(self.commit(&change).await, Committed::Moved);
        draft
    }

    /// Commits an event and returns the announcement after it.
    ///
    /// # Panics
    /// When it is refused, changes nothing, or is lost.
    pub async fn moved(
        &self,
        announcement: &Announcement,
        event: AnnouncementEvent,
        act: &Act,
    ) -> Announcement {
        let (change, after) = self.change(announcement, &event, act);
        assert_eq!(self.commit(&change).await, Committed::Moved);
        assert_eq!(self.find(after.id).await, after);
        after
    }

    /// Submits a draft to all persons.
    ///
    /// # Panics
    /// When persons are not counted.
    pub async fn submitted(&self, draft: &Announcement) -> Announcement {
        let audience = self.store.audience().await.expect("persons are counted");
        self.moved(draft, AnnouncementEvent::Submit(audience), &person_act("sue", 200)).await
    }

    /// Drafts, submits and approves an announcement.
    pub async fn approved(&self, number: u32, posted: Option<i64>) -> Announcement {
        let waiting = self.submitted(&self.drafted(number, posted).await).await;
        let event = AnnouncementEvent::Approve { seen: waiting.content_hash() };
        self.moved(&waiting, event, &person_act("bob", 300)).await
    }

    /// The change that plans the next batch of mails, with ids from `first` on, and its recipients;
    /// commits nothing.
    ///
    /// # Panics
    /// When no batch is left.
    pub async fn batch(
        &self,
        announcement: &Announcement,
        first: u128,
        seconds: i64,
    ) -> (Change<AnnouncementWrite>, Vec<PersonId>) {
        let mailing = announcement.state.mailing().expect("it is mailed");
        let asked = mailing.next(&POLICY, at(seconds)).expect("there is more to plan");
        let persons = self.store.recipients(announcement.id, &asked).await;
        let persons = persons.expect("recipients are read");
        let mut ids = (first..).map(|it| MailId(Uuid::from_u128(it)));
        let change = announcement.plan_mails(
            (&asked, &persons),
            (&POLICY, &mail_rules()),
            || ids.next().expect("numbers do not end"),
            &person_act("job", seconds),
        );
        (change.expect("it is mailed"), persons)
    }
}
