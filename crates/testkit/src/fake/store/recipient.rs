//! A recipient of an announcement in the fake store.

use madoguchi_domain::Timestamp;
use madoguchi_domain::contact::ContactMail;

/// What is stored of one recipient.
#[derive(Debug, Clone, Default)]
pub(super) struct FakeRecipient {
    pub(super) read_at: Option<Timestamp>,
    pub(super) mail: Option<ContactMail>,
}
