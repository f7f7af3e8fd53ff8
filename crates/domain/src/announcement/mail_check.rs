//! The check of a mail about an announcement, just before it goes.

use crate::Timestamp;
use crate::contact::{MailVerdict, unreachable_person};
use crate::mail::SuppressReason;
use crate::person::Person;

/// What the check before sending reads of an announcement. None of it is personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailedAnnouncement {
    /// From when on its recipients see it.
    pub visible_from: Option<Timestamp>,
    /// Whether its mails were stopped.
    pub is_stopped: bool,
}

/// Decides at `now` whether a mail about this announcement goes to this person, who may be unknown
/// by now.
#[must_use]
pub fn check_announcement_mail(
    announcement: &MailedAnnouncement,
    person: Option<&Person>,
    now: Timestamp,
) -> MailVerdict {
    if announcement.is_stopped || announcement.visible_from.is_none() {
        return MailVerdict::Withdraw(SuppressReason::Stopped);
    }
    if let Some(until) = announcement.visible_from.filter(|from| now < *from) {
        return MailVerdict::Wait { until };
    }
    if let Some(reason) = unreachable_person(person, false) {
        return MailVerdict::Withdraw(reason);
    }
    let address = person.and_then(|it| Some((it.details.email.clone()?, it.locale.clone())));
    match address {
        Some((to, locale)) => MailVerdict::Send { to, locale, contacts: 1 },
        None => MailVerdict::Withdraw(SuppressReason::NoAddress),
    }
}
