//! What decisions about legal holds write.

use crate::act::Act;
use crate::audit::{Action, AuditEntry};
use crate::change::Change;
use crate::contact::Mark;

use super::hold::{HoldCommand, HoldId, LegalHold, NewHoldIds};

/// The rows of a decision about a legal hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldWrite {
    /// A hold that is not stored yet.
    Place(Box<LegalHold>),
    /// Its release. Lost unless it is in force.
    Release(HoldId, Mark),
}

/// The change that places a new legal hold, and the hold.
#[must_use]
pub fn place(command: &HoldCommand, ids: NewHoldIds, act: &Act) -> (Change<HoldWrite>, LegalHold) {
    let HoldCommand { subject, reason } = command.clone();
    let hold = LegalHold {
        id: ids.hold,
        subject,
        reason: Some(reason),
        data_key: ids.data_key,
        placed: act.into(),
        released: None,
    };
    let kind = hold.subject.kind().as_str();
    let audit = AuditEntry::new(Action::HOLD_PLACED, hold.id.subject(), kind, act);
    (Change::new(HoldWrite::Place(Box::new(hold.clone())), audit), hold)
}

impl LegalHold {
    /// The change that releases it, and the hold after it; `None` if it is released.
    #[must_use]
    pub fn release(&self, act: &Act) -> Option<(Change<HoldWrite>, Self)> {
        if self.released.is_some() {
            return None;
        }
        let after = Self { released: Some(act.into()), ..self.clone() };
        let kind = self.subject.kind().as_str();
        let audit = AuditEntry::new(Action::HOLD_RELEASED, self.id.subject(), kind, act);
        Some((Change::new(HoldWrite::Release(self.id, act.into()), audit), after))
    }
}
