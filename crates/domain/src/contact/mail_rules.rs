//! The configured rules of mails about contacts.

use crate::mail::MessageIdDomain;

/// The configured rules of mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRules {
    /// The domain of the mails' constant ids.
    pub message_id_domain: MessageIdDomain,
    /// Whether the mail about a mandatory request for an action goes to a person who stopped mail.
    pub mandatory_overrides_stop: bool,
}
