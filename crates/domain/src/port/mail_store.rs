//! The port to what the mails about contacts depend on.

use async_trait::async_trait;

use super::StoreError;
use crate::change::{Change, Committed};
use crate::contact::{MailWrite, MailedContact, UnplannedMail};
use crate::mail::MailId;

/// Reads what the check before sending needs, and keeps the mails of contacts complete. What the
/// contacts say is not opened.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait MailStore: Send + Sync {
    /// The contacts that a mail announces, in the order of their ids.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn announced(&self, mail: MailId) -> Result<Vec<MailedContact>, StoreError>;

    /// At most `limit` pending mails of contacts for which no effect is stored.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn unplanned(&self, limit: u32) -> Result<Vec<UnplannedMail>, StoreError>;

    /// Writes changes in one transaction and returns the result of each; a lost one does not affect
    /// the others. See [`MailWrite`] for when a change is lost.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] also when the commit's outcome is not known: read again.
    async fn commit(&self, changes: &[Change<MailWrite>]) -> Result<Vec<Committed>, StoreError>;
}
