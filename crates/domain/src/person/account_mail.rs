//! The decision whether an account wants mail.

use super::{AccountMail, PersonWrite};
use crate::act::Act;
use crate::audit::{Action, AuditEntry};
use crate::change::Change;

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
