//! The state of a mail as readers of its contacts see it.

use crate::Timestamp;
use crate::closed_set::closed_set;
use crate::effect::{Effect, EffectState, UpstreamCode};
use crate::field::InvalidField;

closed_set! {
    /// The state of a contact's mail, on the wire and in the database.
    pub enum MailState {
        /// There is none: the contact is not approved, or mail is not configured.
        None = "NONE",
        /// It will be sent.
        Pending = "PENDING",
        /// The mail server accepted it.
        Sent = "SENT",
        /// It was not sent, and will not be, because it would be wrong.
        Suppressed = "SUPPRESSED",
        /// It is not known whether the mail server accepted it. It is not sent again by itself.
        Uncertain = "UNCERTAIN",
        /// The mail server refused it, or it could not be sent for too long.
        Failed = "FAILED",
    }
}

closed_set! {
    /// Why a mail was not sent (spec `3-contacts.md`, rule 4).
    pub enum SuppressReason {
        /// The contact was answered before.
        Answered = "ANSWERED",
        /// The contact was deleted before.
        Deleted = "DELETED",
        /// The contact had expired.
        Expired = "EXPIRED",
        /// Mail to the person is stopped.
        MailStopped = "MAIL_STOPPED",
        /// Mail to the persons of the account is off.
        NotificationOff = "NOTIFICATION_OFF",
        /// The person has no e-mail address.
        NoAddress = "NO_ADDRESS",
        /// The mails about the announcement were stopped before.
        Stopped = "STOPPED",
    }
}

/// The state of a mail, with its facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailStatus {
    /// It will be sent from `due` on.
    Pending {
        /// The earliest time.
        due: Timestamp,
    },
    /// The mail server accepted it.
    Sent {
        /// When we learned it.
        at: Timestamp,
    },
    /// It was not sent because it would be wrong.
    Suppressed {
        /// When that was found.
        at: Timestamp,
        /// Why.
        reason: SuppressReason,
    },
    /// It is not known whether it was accepted.
    Uncertain {
        /// Since when.
        since: Timestamp,
    },
    /// It will not be accepted.
    Failed {
        /// When we learned it.
        at: Timestamp,
        /// The mail server's code, or ours if it was given up.
        code: UpstreamCode,
    },
}

impl MailStatus {
    /// The status that an effect's state means.
    ///
    /// # Errors
    /// When it was withdrawn for a reason that is not known.
    pub fn of(effect: &Effect) -> Result<Self, InvalidField> {
        let at = effect.since;
        Ok(match &effect.state {
            EffectState::Planned { .. } | EffectState::Sending { .. } => {
                Self::Pending { due: effect.planned_at }
            }
            EffectState::Unknown { .. } | EffectState::Manual => Self::Uncertain { since: at },
            EffectState::Confirmed => Self::Sent { at },
            EffectState::Rejected { code } => Self::Failed { at, code: code.clone() },
            EffectState::Cancelled { reason } => {
                let reason = SuppressReason::parse(reason.as_str());
                let unknown =
                    InvalidField::new("reason", "must be one for which mail is withdrawn");
                Self::Suppressed { at, reason: reason.ok_or(unknown)? }
            }
        })
    }

    /// The state's name.
    #[must_use]
    pub const fn state(&self) -> MailState {
        match self {
            Self::Pending { .. } => MailState::Pending,
            Self::Sent { .. } => MailState::Sent,
            Self::Suppressed { .. } => MailState::Suppressed,
            Self::Uncertain { .. } => MailState::Uncertain,
            Self::Failed { .. } => MailState::Failed,
        }
    }

    /// Since when it is so; for a pending one, when it is due.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Pending { due: at }
            | Self::Sent { at }
            | Self::Suppressed { at, .. }
            | Self::Uncertain { since: at }
            | Self::Failed { at, .. } => *at,
        }
    }

    /// Why it was not sent: the reason or the code.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Suppressed { reason, .. } => Some(reason.as_str()),
            Self::Failed { code, .. } => Some(code.as_str()),
            Self::Pending { .. } | Self::Sent { .. } | Self::Uncertain { .. } => None,
        }
    }

    /// Whether a later transition of the effect may change it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Pending { .. } | Self::Uncertain { .. })
    }

    /// The status after the effect moved to `next`; `None` if it stays. What is final stays, and
    /// uncertainty keeps its first time. A pending mail may be rescheduled.
    #[must_use]
    pub fn moved(&self, next: &Self) -> Option<Self> {
        let is_new = match (self, next) {
            (Self::Uncertain { .. }, Self::Uncertain { .. }) => false,
            (_, _) => self != next,
        };
        (self.is_open() && is_new).then(|| next.clone())
    }

    /// Parses what [`state`](Self::state), [`at`](Self::at) and [`reason`](Self::reason) return.
    #[must_use]
    pub fn parse(state: MailState, at: Timestamp, reason: Option<&str>) -> Option<Self> {
        Some(match (state, reason) {
            (MailState::Pending, None) => Self::Pending { due: at },
            (MailState::Sent, None) => Self::Sent { at },
            (MailState::Uncertain, None) => Self::Uncertain { since: at },
            (MailState::Suppressed, Some(reason)) => {
                Self::Suppressed { at, reason: SuppressReason::parse(reason)? }
            }
            (MailState::Failed, Some(code)) => {
                Self::Failed { at, code: UpstreamCode::parse(code).ok()? }
            }
            (MailState::None, _)
            | (MailState::Pending | MailState::Sent | MailState::Uncertain, Some(_))
            | (MailState::Suppressed | MailState::Failed, None) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn all() -> Vec<MailStatus> {
        let code = UpstreamCode::parse("SMTP_550").unwrap();
        let mut all = vec![
            MailStatus::Pending { due: at(1) },
            MailStatus::Sent { at: at(2) },
            MailStatus::Uncertain { since: at(3) },
            MailStatus::Failed { at: at(4), code },
        ];
        let suppressed = |reason| MailStatus::Suppressed { at: at(5), reason };
        all.extend(SuppressReason::ALL.map(suppressed));
        all
    }

    #[test]
    fn every_status_reads_back() {
        for status in all() {
            let read = MailStatus::parse(status.state(), status.at(), status.reason());
            assert_eq!(read, Some(status));
        }
        for state in MailState::ALL {
            let reason = match state {
                MailState::Suppressed | MailState::Failed => None,
                MailState::None | MailState::Pending | MailState::Sent | MailState::Uncertain => {
                    Some("ANSWERED")
                }
            };
            assert_eq!(MailStatus::parse(state, at(1), reason), None, "{state}");
        }
        assert_eq!(MailStatus::parse(MailState::Suppressed, at(1), Some("BORED")), None);
    }

    #[test]
    fn only_open_ones_move_and_keep_their_first_time() {
        for status in all() {
            let later = MailStatus::Uncertain { since: at(9) };
            let is_pending = status.state() == MailState::Pending;
            let expected = is_pending.then(|| later.clone());
            assert_eq!(status.moved(&later), expected, "{status:?}");
            let rescheduled = MailStatus::Pending { due: at(9) };
            assert_eq!(status.moved(&rescheduled).is_some(), status.is_open(), "{status:?}");
            assert_eq!(status.moved(&status), None, "{status:?}");
            let sent = MailStatus::Sent { at: at(9) };
            assert_eq!(status.moved(&sent).is_some(), status.is_open(), "{status:?}");
        }
    }
}
