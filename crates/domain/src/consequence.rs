//! What becomes true in a system together with a transition of its effect.

use crate::level::AccountLevel;
use crate::mail::{MailId, MailStatus};
use crate::member::MemberId;

/// A consequence, decided by the system that owns the kind of effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consequence {
    /// The core bank confirmed a level: it is the member's level now, and no longer its target.
    LevelConfirmed {
        /// The member.
        member: MemberId,
        /// The level.
        level: AccountLevel,
    },
    /// A mail moved: its contacts show it, except those whose own status is final.
    MailMoved {
        /// The mail.
        mail: MailId,
        /// Its status.
        status: MailStatus,
    },
}
