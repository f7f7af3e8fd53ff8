//! Whether an account wants mail: the setting that the account update API changes.

use super::{AccountId, PersonWrite};
use crate::act::Act;
use crate::audit::{Action, AuditEntry};
use crate::change::Change;

/// An account and its mail setting, which holds for all its persons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountMail {
    /// The account.
    pub id: AccountId,
    /// Whether its persons get mail. A person whose mail is stopped gets none in any case.
    pub notification: bool,
}

/// Decides to switch mail notification. `None` if it is so already.
#[must_use]
pub fn set_mail_notification(
    account: &AccountMail,
    notification: bool,
    act: &Act,
) -> Option<Change<PersonWrite>> {
    (account.notification != notification).then(|| {
        let detail = if notification { "on" } else { "off" };
        let action = Action::MAIL_NOTIFICATION_SET;
        let audit = AuditEntry::new(action, account.id.subject(), detail, act);
        let after = AccountMail { notification, ..account.clone() };
        Change::new(PersonWrite::AccountMail(after), audit)
    })
}
