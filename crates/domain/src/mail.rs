//! Mail to customers as a kind of effect: the order, and its state as readers see it.

mod id;
mod message;
mod order;
mod status;

pub use id::MailId;
pub use message::{Mail, MessageId, MessageIdDomain};
pub use order::MailOrder;
pub use status::{MailState, MailStatus, SuppressReason};
