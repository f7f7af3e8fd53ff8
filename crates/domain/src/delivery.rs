//! The delivery watch: whom our mails do not reach, and who looks like the same customer twice.

mod bounce;
mod look_alike;
mod query;
mod recorded;
mod refusal;
mod report;
mod watched;

use uuid::Uuid;

use crate::Timestamp;
use crate::closed_set::closed_set;
use crate::effect::UpstreamCode;
use crate::mail::{MailId, SuppressReason};
use crate::page::ListPosition;
use crate::person::PersonId;

pub use bounce::{Bounce, BounceWrite, record_bounce};
pub use look_alike::{LookAlikeId, newly_alike, no_longer_alike};
pub use query::{WatchFilter, WatchQuery};
pub use recorded::ReportReceipt;
pub use refusal::BounceRefusal;
pub use report::{DeliveryReport, DeliveryStatus, ReportAction};
pub use watched::{MailTopic, WatchedMail, WatchedPerson, is_over};

closed_set! {
    /// Why a person is in the delivery watch.
    pub enum WatchReason {
        /// Mail to the person, or to all persons of the account, is stopped.
        Stopped = "STOPPED",
        /// The mail server refused the newest mail that failed, or it could not be sent for too
        /// long.
        Failed = "FAILED",
        /// It is not known whether the mail server accepted a mail.
        Uncertain = "UNCERTAIN",
        /// A mail was accepted and came back.
        Bounced = "BOUNCED",
        /// Another person has the same e-mail address.
        SameEmail = "SAME_EMAIL",
        /// Another person has the same phone number.
        SamePhone = "SAME_PHONE",
    }
}

/// The last result of a reason, with the records that show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchCause {
    /// Mail is stopped: [`SuppressReason::MailStopped`] for the person, which goes first, or
    /// [`SuppressReason::NotificationOff`] for its account.
    Stopped(SuppressReason),
    /// A mail failed.
    Failed {
        /// The mail.
        mail: MailId,
        /// What it is about.
        about: MailTopic,
        /// The mail server's code, or ours if it was given up.
        code: UpstreamCode,
    },
    /// A mail is uncertain.
    Uncertain {
        /// The mail.
        mail: MailId,
        /// What it is about.
        about: MailTopic,
    },
    /// A mail came back.
    Bounced {
        /// The mail.
        mail: MailId,
        /// The status in the report.
        status: DeliveryStatus,
    },
    /// The first other person to be registered with the same e-mail address.
    SameEmail(PersonId),
    /// The first other person to be registered with the same phone number.
    SamePhone(PersonId),
}

impl WatchCause {
    /// The cause that this other person has the same address; `None` for a reason that is not about
    /// an address.
    #[must_use]
    pub fn look_alike(reason: WatchReason, other: PersonId) -> Option<Self> {
        match reason {
            WatchReason::SameEmail => Some(Self::SameEmail(other)),
            WatchReason::SamePhone => Some(Self::SamePhone(other)),
            WatchReason::Stopped
            | WatchReason::Failed
            | WatchReason::Uncertain
            | WatchReason::Bounced => None,
        }
    }

    /// The reason.
    #[must_use]
    pub const fn reason(&self) -> WatchReason {
        match self {
            Self::Stopped(_) => WatchReason::Stopped,
            Self::Failed { .. } => WatchReason::Failed,
            Self::Uncertain { .. } => WatchReason::Uncertain,
            Self::Bounced { .. } => WatchReason::Bounced,
            Self::SameEmail(_) => WatchReason::SameEmail,
            Self::SamePhone(_) => WatchReason::SamePhone,
        }
    }

    /// The last result, as a code; never an address.
    #[must_use]
    pub fn last_result(&self) -> Option<&str> {
        match self {
            Self::Stopped(reason) => Some(reason.as_str()),
            Self::Failed { code, .. } => Some(code.as_str()),
            Self::Bounced { status, .. } => Some(status.as_str()),
            Self::Uncertain { .. } | Self::SameEmail(_) | Self::SamePhone(_) => None,
        }
    }

    /// The mail.
    #[must_use]
    pub const fn mail(&self) -> Option<MailId> {
        match self {
            Self::Failed { mail, .. }
            | Self::Uncertain { mail, .. }
            | Self::Bounced { mail, .. } => Some(*mail),
            Self::Stopped(_) | Self::SameEmail(_) | Self::SamePhone(_) => None,
        }
    }

    /// What the mail is about, if that is stored with the mail's result.
    #[must_use]
    pub const fn about(&self) -> Option<MailTopic> {
        match self {
            Self::Failed { about, .. } | Self::Uncertain { about, .. } => Some(*about),
            Self::Stopped(_) | Self::Bounced { .. } | Self::SameEmail(_) | Self::SamePhone(_) => {
                None
            }
        }
    }

    /// The person with the same address.
    #[must_use]
    pub const fn other(&self) -> Option<&PersonId> {
        match self {
            Self::SameEmail(other) | Self::SamePhone(other) => Some(other),
            Self::Stopped(_)
            | Self::Failed { .. }
            | Self::Uncertain { .. }
            | Self::Bounced { .. } => None,
        }
    }
}

/// One person in the delivery watch for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchEntry {
    /// Its id in lists: that of the record that shows the reason.
    pub id: Uuid,
    /// Who.
    pub person: PersonId,
    /// Since when: when mail was stopped, when the last result came, or since when the address is
    /// shared.
    pub since: Timestamp,
    /// Why.
    pub cause: WatchCause,
}

impl WatchEntry {
    /// Its position in lists, which show the newest first.
    #[must_use]
    pub const fn position(&self) -> ListPosition {
        ListPosition { at: self.since, id: self.id }
    }
}

#[cfg(test)]
mod tests;
