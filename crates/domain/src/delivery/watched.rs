//! The rules of the delivery watch: which entries a person has, and when they are over.

use uuid::Uuid;

use crate::Timestamp;
use crate::announcement::AnnouncementId;
use crate::contact::ContactId;
use crate::mail::{MailId, MailStatus, SuppressReason};
use crate::person::{Person, PersonId};

use super::{Bounce, WatchCause, WatchEntry};

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTopic {
    /// This contact, and perhaps others.
    Contact(ContactId),
    /// This announcement.
    Announcement(AnnouncementId),
}

impl MailTopic {
    /// The id of the entry of this mail: one about several contacts has an entry for each.
    #[must_use]
    pub const fn entry_id(self, mail: MailId) -> Uuid {
        match self {
            Self::Contact(contact) => contact.0,
            Self::Announcement(_) => mail.0,
        }
    }
}

/// The mail about one contact or announcement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedMail {
    /// What it is about.
    pub about: MailTopic,
    /// The mail.
    pub mail: MailId,
    /// Its status as far as it concerns what it is about.
    pub status: MailStatus,
}

/// What the entries of one person depend on, apart from other persons with the same address.
#[derive(Debug, Clone, Copy)]
pub struct WatchedPerson<'a> {
    /// The person.
    pub person: &'a Person,
    /// Since when the mail notification of its account is off.
    pub muted_since: Option<Timestamp>,
    /// The mails to the person.
    pub mails: &'a [WatchedMail],
    /// The mails that came back.
    pub bounces: &'a [Bounce],
}

/// Whether a result of the time `since`, of a mail that was sent at `mailed_at`, is out of date:
/// a mail to the person was sent after the result, or the address is another one since the mail.
#[must_use]
pub fn is_over(
    (since, mailed_at): (Timestamp, Timestamp),
    last_sent: Option<Timestamp>,
    email_since: Timestamp,
) -> bool {
    last_sent.is_some_and(|sent| sent > since) || email_since > mailed_at
}

impl WatchedPerson<'_> {
    /// The entries of the person: at most one for each reason, of the newest result.
    #[must_use]
    pub fn entries(&self) -> Vec<WatchEntry> {
        let failed = self.newest_mail(|WatchedMail { about, mail, status }| {
            let MailStatus::Failed { code, .. } = status else { return None };
            Some(WatchCause::Failed { mail: *mail, about: *about, code: code.clone() })
        });
        let uncertain = self.newest_mail(|WatchedMail { about, mail, status }| {
            let is_uncertain = matches!(status, MailStatus::Uncertain { .. });
            is_uncertain.then_some(WatchCause::Uncertain { mail: *mail, about: *about })
        });
        [self.stopped(), failed, uncertain, self.bounced()].into_iter().flatten().collect()
    }

    fn id(&self) -> PersonId {
        self.person.id.clone()
    }

    fn stopped(&self) -> Option<WatchEntry> {
        let own = self.person.details.mail_stop.as_ref();
        let own = own.map(|stop| (stop.at, SuppressReason::MailStopped));
        let of_account = self.muted_since.map(|at| (at, SuppressReason::NotificationOff));
        let (since, why) = own.or(of_account)?;
        let (id, cause) = (self.person.data_key.0, WatchCause::Stopped(why));
        Some(WatchEntry { id, person: self.id(), since, cause })
    }

    fn newest_mail(
        &self,
        cause: impl Fn(&WatchedMail) -> Option<WatchCause>,
    ) -> Option<WatchEntry> {
        let found = self.mails.iter().filter_map(|mail| {
            let (since, id) = (mail.status.at(), mail.about.entry_id(mail.mail));
            Some(WatchEntry { id, person: self.id(), since, cause: cause(mail)? })
        });
        let newest = found.max_by_key(WatchEntry::position)?;
        (!self.is_over((newest.since, newest.since), None)).then_some(newest)
    }

    /// Those of a former address say nothing about this one. The mail itself, which may be known as
    /// sent only since the report came, is no later one.
    fn bounced(&self) -> Option<WatchEntry> {
        let bounces = self.bounces.iter().filter(|it| it.mailed_at >= self.person.email_since);
        let newest = bounces.max_by_key(|it| (it.received_at, it.mail))?;
        let cause = WatchCause::Bounced { mail: newest.mail, status: newest.status.clone() };
        let (id, since) = (newest.mail.0, newest.received_at);
        let entry = WatchEntry { id, person: self.id(), since, cause };
        (!self.is_over((since, newest.mailed_at), Some(newest.mail))).then_some(entry)
    }

    fn is_over(&self, result: (Timestamp, Timestamp), own: Option<MailId>) -> bool {
        let others = self.mails.iter().filter(|mail| Some(mail.mail) != own);
        let sent = others.filter_map(|mail| {
            let MailStatus::Sent { at } = mail.status else { return None };
            Some(at)
        });
        is_over(result, sent.max(), self.person.email_since)
    }
}
