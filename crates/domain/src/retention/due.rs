//! What retention does with a contact, and when.

use jiff::SignedDuration;

use crate::Timestamp;
use crate::act::Act;
use crate::audit::{Action, AuditEntry};
use crate::change::Change;
use crate::contact::{ApplicationId, ContactId, ContactTypeName};
use crate::page::ListPosition;
use crate::person::PersonId;
use crate::sealed::DataKeyId;

use super::receipt::{PurgeGround, PurgeReceipt};
use super::{DueScope, RetentionWrite};

/// The configured rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionPolicy {
    /// How long before the end of retention an unanswered contact is reported.
    pub report_before: SignedDuration,
    /// How many days after its deletion a contact is purged; none if never. An unanswered one is
    /// purged that long after its report and the end of its retention, whichever is later.
    pub purge_age: Option<u16>,
}

impl RetentionPolicy {
    /// The rules without configuration: reports 14 days ahead, and nothing is purged.
    #[must_use]
    pub const fn standard() -> Self {
        Self { report_before: SignedDuration::from_hours(14 * 24), purge_age: None }
    }

    /// What is counted from then, or from before, is purged at `now`; none if nothing is.
    #[must_use]
    pub fn purges_by(&self, now: Timestamp) -> Option<Timestamp> {
        let age = SignedDuration::from_hours(24 * i64::from(self.purge_age?));
        now.checked_sub(age).ok()
    }

    /// Whether the purge age of what is counted from `since` is over at `now`.
    fn is_purge_due(&self, since: Timestamp, now: Timestamp) -> bool {
        self.purges_by(now).is_some_and(|by| since <= by)
    }
}

/// A contact that is not purged, as retention sees it: nothing sealed is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetainedContact {
    /// Its id.
    pub id: ContactId,
    /// Its version.
    pub version: u32,
    /// Whom it is for.
    pub person: PersonId,
    /// The application that it names.
    pub application: Option<ApplicationId>,
    /// Until when the application's completion keeps it; none while that is not recorded.
    pub kept_until: Option<Timestamp>,
    /// Its type.
    pub contact_type: ContactTypeName,
    /// Whether it is answered.
    pub is_answered: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
    /// When it was reported as unanswered.
    pub reported_at: Option<Timestamp>,
    /// Its data key.
    pub data_key: DataKeyId,
    /// Whether a legal hold covers it.
    pub is_held: bool,
}

/// A page of contacts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DuePage {
    /// Those that can be parsed.
    pub contacts: Vec<RetainedContact>,
    /// The positions of the others, of which nothing can be decided; each has the contact's id.
    pub unreadable: Vec<ListPosition>,
    /// The position of the last one; none if the page is empty, and the pages end.
    pub last: Option<ListPosition>,
}

/// What retention does with a contact now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetentionStep {
    /// Report that it is unanswered while its retention ends. It is kept.
    Report,
    /// Delete it, logically.
    Delete,
    /// Erase its data key.
    Purge(PurgeGround),
}

impl RetainedContact {
    /// What is due at `now`; `None` if it is kept as it is.
    #[must_use]
    pub fn step(&self, policy: &RetentionPolicy, now: Timestamp) -> Option<RetentionStep> {
        if let Some((ground, _)) =
            self.purge_from().filter(|(_, since)| policy.is_purge_due(*since, now))
        {
            return (!self.is_held).then_some(RetentionStep::Purge(ground));
        }
        let kept_until = self.kept_until.filter(|_| self.deleted_at.is_none())?;
        if self.waits_for_answer() {
            let is_near = kept_until.duration_since(now) <= policy.report_before;
            return (is_near && self.reported_at.is_none()).then_some(RetentionStep::Report);
        }
        (kept_until <= now && !self.is_held).then_some(RetentionStep::Delete)
    }

    /// Whether only a legal hold keeps it at `now`.
    #[must_use]
    pub fn is_kept_by_hold(&self, policy: &RetentionPolicy, now: Timestamp) -> bool {
        let free = Self { is_held: false, ..self.clone() };
        self.is_held && free.step(policy, now) != self.step(policy, now)
    }

    /// Whether its retention is over at `now`, and only the missing answer keeps it.
    #[must_use]
    pub fn is_kept_unanswered(&self, now: Timestamp) -> bool {
        let is_over = self.kept_until.is_some_and(|kept_until| kept_until <= now);
        is_over && self.deleted_at.is_none() && self.waits_for_answer()
    }

    /// Whether somebody has yet to answer it. A notice asks for nothing.
    const fn waits_for_answer(&self) -> bool {
        matches!(self.contact_type, ContactTypeName::ActionRequest) && !self.is_answered
    }

    /// From when on its purge age counts, and on which ground. What is unanswered was reported.
    fn purge_from(&self) -> Option<(PurgeGround, Timestamp)> {
        match (self.deleted_at, self.reported_at.zip(self.kept_until)) {
            (Some(deleted), _) => Some((PurgeGround::Deleted, deleted)),
            (None, Some((reported, kept_until))) if self.waits_for_answer() => {
                Some((PurgeGround::Unanswered, reported.max(kept_until)))
            }
            (None, _) => None,
        }
    }

    /// Its position in the pages of this scope.
    #[must_use]
    pub fn position(&self, scope: DueScope) -> ListPosition {
        let at = match scope {
            DueScope::Kept => self.created_at,
            DueScope::Deleted { .. } => self.deleted_at.unwrap_or(self.created_at),
        };
        ListPosition { at, id: self.id.0 }
    }

    /// The change that reports it.
    #[must_use]
    pub fn report(&self, act: &Act) -> Change<RetentionWrite> {
        let write =
            RetentionWrite::Report { contact: self.id, version: self.version, at: act.at() };
        let (action, subject) = (Action::CONTACT_REPORTED_UNANSWERED, self.id.subject());
        Change::new(write, AuditEntry::new(action, subject, "", act))
    }

    /// The change that purges it on this ground, by a policy with a purge age.
    #[must_use]
    pub fn purge(
        &self,
        ground: PurgeGround,
        policy: &RetentionPolicy,
        act: &Act,
    ) -> Option<Change<RetentionWrite>> {
        let (_, since) = self.purge_from()?;
        let receipt = PurgeReceipt {
            contact: self.id,
            application: self.application.clone(),
            data_key: self.data_key,
            ground,
            since,
            purge_age: policy.purge_age?,
            purged_at: act.at(),
            correlation: act.correlation.clone(),
        };
        let write = RetentionWrite::Purge { version: self.version, receipt };
        let (action, subject) = (Action::CONTACT_PURGED, self.id.subject());
        Some(Change::new(write, AuditEntry::new(action, subject, ground.as_str(), act)))
    }
}

#[cfg(test)]
mod tests;
