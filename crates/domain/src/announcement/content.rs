//! What an announcement says.

use crate::Timestamp;
use crate::approval::{ContentHash, ContentSalt};
use crate::contact::{ContactBody, ContactLink, ContactPolicy, ContactSubject, stored_time};
use crate::field::InvalidField;

use super::Audience;

/// What an announcement says: all that an approver sees, except its recipients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncementContent {
    /// The first line.
    pub subject: ContactSubject,
    /// The text.
    pub body: ContactBody,
    /// Where the customer reads more.
    pub link: Option<ContactLink>,
    /// When its recipients may see it at the earliest; it must be approved too.
    pub posted_at: Option<Timestamp>,
    /// Whether its recipients get a mail about it.
    pub mail: bool,
}

impl AnnouncementContent {
    /// The hash of all fields and of the recipients.
    pub(super) fn hash(&self, salt: &ContentSalt, audience: Option<&Audience>) -> ContentHash {
        // A new field does not compile until it is in the hash.
        let Self { subject, body, link, posted_at, mail } = self;
        let posted_at = posted_at.map(|at| at.to_string());
        let count = audience.map(|it| it.recipients.to_string());
        let recipients = audience.map(|it| crate::secret::hex(&it.hash));
        salt.hash(&[
            Some(subject.expose()),
            Some(body.expose()),
            link.as_ref().map(ContactLink::expose),
            posted_at.as_deref(),
            Some(if *mail { "mail" } else { "" }),
            count.as_deref(),
            recipients.as_deref(),
        ])
    }
}

/// Content that keeps the configured rules: only this can be added, or replace other content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedAnnouncement(AnnouncementContent);

impl CheckedAnnouncement {
    /// Checks the rules that tie fields to the configuration.
    ///
    /// # Errors
    /// For the first field that breaks one.
    pub fn new(content: AnnouncementContent, policy: &ContactPolicy) -> Result<Self, InvalidField> {
        content.link.as_ref().map_or(Ok(()), |link| policy.check_link(link))?;
        let posted_at = stored_time(content.posted_at, "postedAt")?;
        if content.mail && policy.mail.is_none() {
            let rule = "must be false where no mail server is configured";
            return Err(InvalidField::new("mail", rule));
        }
        Ok(Self(AnnouncementContent { posted_at, ..content }))
    }

    /// The content.
    #[must_use]
    pub const fn get(&self) -> &AnnouncementContent {
        &self.0
    }
}
