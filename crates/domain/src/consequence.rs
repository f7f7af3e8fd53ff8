//! What becomes true in a system together with a transition of its effect.

use crate::level::AccountLevel;
use crate::mail::{MailId, MailStatus};
use crate::member::MemberId;

/// A consequence, decided by the system that owns the kind of effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consequence {
    /// A level was confirmed: it is the member's level now, and no longer its target.
    LevelConfirmed {
        /// The member.
        member: MemberId,
        /// The level.
        level: AccountLevel,
        /// Whether two people confirmed it, and not the core bank.
        manually: bool,
    },
    /// A mail moved: its contacts show it, except those whose own status is final.
    MailMoved {
        /// The mail.
        mail: MailId,
        /// Its status.
        status: MailStatus,
    },
}

impl Consequence {
    /// The same if two people decided it.
    #[must_use]
    pub fn by_people(self) -> Self {
        match self {
            Self::LevelConfirmed { member, level, .. } => {
                Self::LevelConfirmed { member, level, manually: true }
            }
            moved @ Self::MailMoved { .. } => moved,
        }
    }
}
