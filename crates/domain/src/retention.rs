//! Retention: how long the contacts of an application are kept, what is deleted and purged then,
//! and what a legal hold keeps.

mod application;
mod calendar;
mod due;
mod due_query;
mod hold;
mod hold_text;
mod hold_write;
mod query;
mod receipt;
mod refusal;
mod write;
mod written;

pub use application::{Application, Completion};
pub use calendar::JapanDay;
pub use due::{DuePage, RetainedContact, RetentionPolicy, RetentionStep};
pub use due_query::{DueQuery, DueScope};
pub use hold::{
    HeldContacts, HoldCommand, HoldId, HoldSubject, HoldSubjectKind, LegalHold, NewHoldIds,
};
pub use hold_text::HoldReason;
pub use hold_write::{HoldWrite, place};
pub use query::{HoldFilter, HoldQuery, ReceiptQuery, UnansweredQuery};
pub use receipt::{PurgeGround, PurgeReceipt};
pub use refusal::RetentionRefusal;
pub use write::RetentionWrite;
pub use written::{WrittenCompletion, WrittenHold};

use crate::audit::Action;

impl Action {
    /// An application completed, on the day in the detail.
    pub const APPLICATION_COMPLETED: Self = Self::of("application.completed");
    /// A contact is unanswered while its retention ends: it is kept, and somebody must act.
    pub const CONTACT_REPORTED_UNANSWERED: Self = Self::of("contact.reported_unanswered");
    /// The data key of a contact was erased, on the ground in the detail.
    pub const CONTACT_PURGED: Self = Self::of("contact.purged");
    /// A legal hold was placed, on what the detail names.
    pub const HOLD_PLACED: Self = Self::of("hold.placed");
    /// A legal hold was released.
    pub const HOLD_RELEASED: Self = Self::of("hold.released");
}
