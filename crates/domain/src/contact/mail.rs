//! The mail about a contact: planned once, when it becomes valid, and checked just before it goes
//! (spec `3-contacts.md`, rule 4).

use crate::Timestamp;
use crate::act::Act;
use crate::approval::Approval;
use crate::change::Change;
use crate::mail::{MailId, MailOrder, MailStatus, MessageId, SuppressReason};
use crate::person::{EmailAddress, Locale, Person};

use super::lifecycle::ContactEventName;
use super::mail_rules::MailRules;
use super::write::ContactWrite;
use super::{Contact, ContactId};

/// The mail about a contact. Contacts that one call approves for one person and group share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactMail {
    /// The mail.
    pub id: MailId,
    /// Its status, as far as it concerns this contact.
    pub status: MailStatus,
}

/// Plans the mails about the contacts that these changes of one act make valid: one for each, or
/// one for all of a person and a group. A mail is due when the last of its contacts is visible.
/// Every change that makes a contact valid must pass here before it is committed. The changes of
/// one call pass together.
pub fn plan_mails(
    changes: &mut [Change<ContactWrite>],
    rules: &MailRules,
    mut new_id: impl FnMut() -> MailId,
    act: &Act,
) {
    let mut mails: Vec<Vec<usize>> = Vec::new();
    for (place, change) in changes.iter().enumerate() {
        if becomes_valid(&change.write) {
            let contact = change.write.contact();
            let is_shared =
                |mail: &&mut Vec<usize>| share_a_mail(changes[mail[0]].write.contact(), contact);
            match mails.iter_mut().find(is_shared) {
                Some(mail) => mail.push(place),
                None => mails.push(vec![place]),
            }
        }
    }
    for places in mails {
        let visible = places.iter().filter_map(|it| changes[*it].write.contact().visible_from());
        let due = visible.fold(act.at(), Timestamp::max);
        let id = new_id();
        for place in &places {
            let mail = ContactMail { id, status: MailStatus::Pending { due } };
            changes[*place].write.contact_mut().mail = Some(mail);
        }
        let first = &mut changes[places[0]];
        let person = first.write.contact().person.clone();
        let message_id = MessageId::derived(id, &rules.message_id_domain);
        let order = MailOrder { id, person, announcement: None, message_id };
        first.effects.push(order.planned(due, act));
    }
}

/// Whether one mail announces both.
fn share_a_mail(one: &Contact, other: &Contact) -> bool {
    let (group, person) = (&one.content.group, &one.person);
    group.is_some() && *group == other.content.group && *person == other.person
}

/// Whether a change makes its contact valid: an approval, or an addition that needs none.
fn becomes_valid(write: &ContactWrite) -> bool {
    match write.event() {
        ContactEventName::Approved => true,
        ContactEventName::Added => matches!(write.contact().approval, Approval::ByPolicy { .. }),
        ContactEventName::Edited
        | ContactEventName::Rejected
        | ContactEventName::Expired
        | ContactEventName::AnsweredByPhone
        | ContactEventName::Answered
        | ContactEventName::Deleted => false,
    }
}

/// What the check before sending reads of a contact. None of it is personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailedContact {
    /// The contact.
    pub id: ContactId,
    /// Its mail's status, as far as it concerns this contact.
    pub status: MailStatus,
    /// Whether it is answered.
    pub is_answered: bool,
    /// From when on the customer sees it; never if it is deleted.
    pub visible_from: Option<Timestamp>,
    /// When it is no longer of use.
    pub expires_at: Option<Timestamp>,
    /// Whether it asks for an action and is mandatory.
    pub is_mandatory: bool,
}

impl MailedContact {
    /// Of a contact that has a mail.
    #[must_use]
    pub fn of(contact: &Contact) -> Option<Self> {
        let content = &contact.content;
        Some(Self {
            id: contact.id,
            status: contact.mail.as_ref()?.status.clone(),
            is_answered: contact.answer.given().is_some(),
            visible_from: contact.visible_from(),
            expires_at: content.expires_at,
            is_mandatory: content.mandatory && content.contact_type.action().is_some(),
        })
    }
}

/// What the check before sending decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailCheck {
    /// Whether the mail goes, and where, or why it does not.
    pub verdict: MailVerdict,
    /// Contacts that are not announced, for a reason of their own. Their status must say so before
    /// the mail goes.
    pub left_out: Vec<(ContactId, SuppressReason)>,
}

/// Whether a mail goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailVerdict {
    /// It goes to this address.
    Send {
        /// The person's current address.
        to: EmailAddress,
        /// The person's language.
        locale: Option<Locale>,
        /// How many contacts it announces.
        contacts: u32,
    },
    /// It does not go yet: a contact was edited, and the customer sees it later than planned.
    Wait {
        /// When the customer sees it.
        until: Timestamp,
    },
    /// It does not go.
    Withdraw(SuppressReason),
}

/// Decides at `now` whether a mail about these contacts goes to this person, who may be unknown by
/// now. `None` without contacts.
#[must_use]
pub fn check_mail(
    contacts: &[MailedContact],
    person: Option<&Person>,
    rules: &MailRules,
    now: Timestamp,
) -> Option<MailCheck> {
    let reason = |it: &MailedContact| it.reason(person, rules, now);
    let reasons: Vec<Option<SuppressReason>> = contacts.iter().map(reason).collect();
    let first = *reasons.first()?;
    let announced = reasons.iter().filter(|reason| reason.is_none()).count();
    // One mail announces all of them: it goes when the last one is visible.
    let shown = contacts.iter().zip(&reasons).filter(|(_, reason)| reason.is_none());
    let due = shown.filter_map(|(contact, _)| contact.visible_from).max();
    if let Some(until) = due.filter(|due| now < *due) {
        return Some(MailCheck { verdict: MailVerdict::Wait { until }, left_out: Vec::new() });
    }
    let address = person.and_then(|it| Some((it.details.email.clone()?, it.locale.clone())));
    let verdict = match address.filter(|_| announced > 0) {
        Some((to, locale)) => {
            let contacts = u32::try_from(announced).unwrap_or(u32::MAX);
            MailVerdict::Send { to, locale, contacts }
        }
        None => MailVerdict::Withdraw(first.unwrap_or(SuppressReason::NoAddress)),
    };
    let of_mail = match verdict {
        MailVerdict::Send { .. } | MailVerdict::Wait { .. } => None,
        MailVerdict::Withdraw(reason) => Some(reason),
    };
    let left_out = contacts.iter().zip(reasons).filter_map(|(contact, reason)| {
        let reason = reason.filter(|_| contact.status.is_open() && reason != of_mail)?;
        Some((contact.id, reason))
    });
    Some(MailCheck { left_out: left_out.collect(), verdict })
}

impl MailedContact {
    /// Why no mail announces it; `None` if one does.
    fn reason(
        &self,
        person: Option<&Person>,
        rules: &MailRules,
        now: Timestamp,
    ) -> Option<SuppressReason> {
        if let MailStatus::Suppressed { reason, .. } = self.status {
            return Some(reason);
        }
        let own = [
            (self.visible_from.is_none(), SuppressReason::Deleted),
            (self.is_answered, SuppressReason::Answered),
            (self.expires_at.is_some_and(|at| at <= now), SuppressReason::Expired),
        ];
        let own = own.into_iter().find(|(is_so, _)| *is_so).map(|(_, reason)| reason);
        let overrides = self.is_mandatory && rules.mandatory_overrides_stop;
        own.or_else(|| unreachable_person(person, overrides))
    }
}

/// Why no mail goes to a person.
pub(crate) fn unreachable_person(
    person: Option<&Person>,
    overrides_stop: bool,
) -> Option<SuppressReason> {
    let Some(person) = person else {
        return Some(SuppressReason::NoAddress);
    };
    if !overrides_stop && person.details.mail_stop.is_some() {
        return Some(SuppressReason::MailStopped);
    }
    if !overrides_stop && !person.account.notification {
        return Some(SuppressReason::NotificationOff);
    }
    person.details.email.is_none().then_some(SuppressReason::NoAddress)
}

#[cfg(test)]
mod tests;
