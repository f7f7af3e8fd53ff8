//! Contact details: how a person is reached, and how a change of them is decided.

use uuid::Uuid;

use super::{EmailAddress, Person, PersonWrite, PhoneNumber, StopReason};
use crate::Timestamp;
use crate::act::Act;
use crate::actor::ActorRef;
use crate::audit::{Action, AuditEntry};
use crate::change::Change;
use crate::if_match::IfMatch;

/// How a person is reached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactDetails {
    /// The address that mail goes to.
    pub email: Option<EmailAddress>,
    /// The phone number.
    pub phone: Option<PhoneNumber>,
    /// Set while no mail may go to this person.
    pub mail_stop: Option<MailStop>,
}

/// Who stopped mail to a person, when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailStop {
    /// Who.
    pub by: ActorRef,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: StopReason,
}

/// A change of contact details; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DetailsUpdate {
    /// The new e-mail address.
    pub email: Option<EmailAddress>,
    /// The new phone number.
    pub phone: Option<PhoneNumber>,
    /// Whether mail is stopped.
    pub mail: Option<MailWish>,
}

/// To stop mail to a person, or to send it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailWish {
    /// Stop, for this reason.
    Stop(StopReason),
    /// Send again.
    Resume,
}

/// The answer to a change of contact details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Updated {
    /// The person as it is now, changed or so before.
    Done(Box<Person>),
    /// It was changed since its author read it; nothing was changed.
    Stale,
}

/// Decides a change of contact details. The identity with which the person signs in stays as it is.
/// `version_id` is a new id for the row of the new version.
#[must_use]
pub fn update_details(
    person: &Person,
    update: &DetailsUpdate,
    if_match: &IfMatch,
    version_id: Uuid,
    act: &Act,
) -> (Option<Change<PersonWrite>>, Updated) {
    if !if_match.allows(person.version) {
        return (None, Updated::Stale);
    }
    let details = update.applied(&person.details, act);
    if details == person.details {
        return (None, Updated::Done(Box::new(person.clone())));
    }
    let changed = changed_fields(&person.details, &details);
    let audit = AuditEntry::new(Action::PERSON_DETAILS_CHANGED, person.id.subject(), changed, act);
    let is_same_email = details.email == person.details.email;
    let email_since = if is_same_email { person.email_since } else { act.at() };
    let after = Person { details, email_since, version: person.version + 1, ..person.clone() };
    let write = PersonWrite::Update(Box::new(after.clone()), version_id);
    (Some(Change::new(write, audit)), Updated::Done(Box::new(after)))
}

impl DetailsUpdate {
    fn applied(&self, before: &ContactDetails, act: &Act) -> ContactDetails {
        let is_same = |reason: &StopReason| {
            before.mail_stop.as_ref().is_some_and(|stop| stop.reason == *reason)
        };
        let mail_stop = match &self.mail {
            None => before.mail_stop.clone(),
            // A repeated stop does not change who stopped it and when.
            Some(MailWish::Stop(reason)) if is_same(reason) => before.mail_stop.clone(),
            Some(MailWish::Stop(reason)) => {
                Some(MailStop { by: act.by.clone(), at: act.at(), reason: reason.clone() })
            }
            Some(MailWish::Resume) => None,
        };
        ContactDetails {
            email: self.email.clone().or_else(|| before.email.clone()),
            phone: self.phone.clone().or_else(|| before.phone.clone()),
            mail_stop,
        }
    }
}

/// The names of the fields that differ, for the audit log.
fn changed_fields(before: &ContactDetails, after: &ContactDetails) -> String {
    let fields = [
        ("email", before.email != after.email),
        ("phone", before.phone != after.phone),
        ("mail_stop", before.mail_stop != after.mail_stop),
    ];
    let changed: Vec<_> =
        fields.iter().filter(|(_, moved)| *moved).map(|(name, _)| *name).collect();
    changed.join(" ")
}

#[cfg(test)]
mod tests;
