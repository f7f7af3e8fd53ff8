//! What the sender of mails writes beside the transitions of their effects.

use crate::Timestamp;
use crate::act::Act;
use crate::audit::{Action, AuditEntry};
use crate::change::Change;
use crate::mail::{MailId, MailOrder, MailStatus, MessageId, SuppressReason};
use crate::person::PersonId;

use super::ContactId;
use super::mail_rules::MailRules;

/// The rows of a decision about a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailWrite {
    /// The mail does not announce this contact. Lost unless the contact's own status is
    /// [pending](MailStatus::Pending).
    LeaveOut {
        /// The mail.
        mail: MailId,
        /// The contact.
        contact: ContactId,
        /// The contact's own status from then on.
        status: MailStatus,
    },
    /// Only the planned effect. Lost if the mail has one.
    Plan,
}

impl MailWrite {
    /// The change by which a mail leaves a contact out.
    #[must_use]
    pub fn leave_out(
        mail: MailId,
        (contact, reason): (ContactId, SuppressReason),
        act: &Act,
    ) -> Change<Self> {
        let status = MailStatus::Suppressed { at: act.at(), reason };
        let action = Action::CONTACT_MAIL_SUPPRESSED;
        let audit = AuditEntry::new(action, contact.subject(), reason.as_str(), act);
        Change::new(Self::LeaveOut { mail, contact, status }, audit)
    }
}

/// A mail that its contacts wait for, without an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnplannedMail {
    /// The mail.
    pub id: MailId,
    /// Who gets it.
    pub person: PersonId,
    /// When it is due.
    pub due: Timestamp,
}

impl UnplannedMail {
    /// The change that plans it, with the id that it would have had.
    #[must_use]
    pub fn plan(&self, rules: &MailRules, act: &Act) -> Change<MailWrite> {
        let message_id = MessageId::derived(self.id, &rules.message_id_domain);
        let (id, person) = (self.id, self.person.clone());
        let order = MailOrder { id, person, announcement: None, message_id };
        let effect = order.planned(self.due, act);
        let audit = AuditEntry::new(Action::EFFECT_PLANNED, self.id.subject(), "", act);
        Change { effects: vec![effect], ..Change::new(MailWrite::Plan, audit) }
    }
}

impl Action {
    /// The mail of a contact does not announce it, for the reason in the detail.
    pub const CONTACT_MAIL_SUPPRESSED: Self = Self::of("contact.mail_suppressed");
}
