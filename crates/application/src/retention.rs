//! Use cases of retention: record completions, place and release legal holds, list what is
//! unanswered and what was purged.

mod run;
mod walk;

use std::sync::Arc;

use madoguchi_domain::Timestamp;
use madoguchi_domain::contact::ApplicationId;
use madoguchi_domain::idempotency::ClientAct;
use madoguchi_domain::port::Ids;
use madoguchi_domain::redacted;
use madoguchi_domain::retention::{
    HeldContacts, HoldCommand, HoldId, HoldQuery, HoldSubject, JapanDay, LegalHold, NewHoldIds,
    PurgeReceipt, ReceiptQuery, RetainedContact, RetentionRefusal, UnansweredQuery,
    WrittenCompletion, WrittenHold, place,
};
use madoguchi_domain::sealed::DataKeyId;

use crate::idempotency::once_until_moved;
use crate::{Answered, RetentionStores, ServiceError};

pub use run::{RetentionCounts, RetentionRun};
pub use walk::{PlannedContact, plan_retention};

redacted!(RetentionService);

/// Records completions and legal holds, and reports.
#[derive(Clone)]
pub struct RetentionService {
    stores: RetentionStores,
    ids: Arc<dyn Ids>,
}

impl RetentionService {
    /// A service over these stores.
    #[must_use]
    pub const fn new(stores: RetentionStores, ids: Arc<dyn Ids>) -> Self {
        Self { stores, ids }
    }

    /// Records that an application completed at this moment. The day in Japan counts: the same day
    /// again changes nothing.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn complete(
        &self,
        id: &ApplicationId,
        completed_at: Timestamp,
        by: impl Into<ClientAct>,
    ) -> Result<Answered<WrittenCompletion>, ServiceError> {
        let ClientAct { act, keyed } = by.into();
        let retention = &*self.stores.retention;
        once_until_moved(
            &*self.stores.platform.replays,
            keyed,
            || async {
                let found = retention.application(id).await?;
                let application = found.ok_or(RetentionRefusal::ApplicationNotFound)?;
                let change = application.complete(completed_at, &act)?;
                Ok((change, WrittenCompletion { on: JapanDay::of(completed_at) }))
            },
            |change| async move { retention.commit(&[change]).await },
        )
        .await
    }

    /// Places a legal hold.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn place(
        &self,
        command: &HoldCommand,
        by: impl Into<ClientAct>,
    ) -> Result<Answered<WrittenHold>, ServiceError> {
        let ClientAct { act, keyed } = by.into();
        let holds = &*self.stores.holds;
        once_until_moved(
            &*self.stores.platform.replays,
            keyed,
            || async {
                self.covered(&command.subject).await?;
                let ids = NewHoldIds {
                    hold: HoldId(self.ids.uuid()),
                    data_key: DataKeyId(self.ids.uuid()),
                };
                let (change, hold) = place(command, ids, &act);
                Ok((Some(change), WrittenHold { id: hold.id }))
            },
            |change| async move { holds.commit(&[change]).await },
        )
        .await
    }

    /// Releases a legal hold. One that is released stays so.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn release(
        &self,
        id: HoldId,
        by: impl Into<ClientAct>,
    ) -> Result<Answered<WrittenHold>, ServiceError> {
        let ClientAct { act, keyed } = by.into();
        let holds = &*self.stores.holds;
        once_until_moved(
            &*self.stores.platform.replays,
            keyed,
            || async {
                let hold = self.hold(id).await?;
                let change = hold.release(&act).map(|(change, _)| change);
                Ok((change, WrittenHold { id }))
            },
            |change| async move { holds.commit(&[change]).await },
        )
        .await
    }

    /// A legal hold.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn hold(&self, id: HoldId) -> Result<LegalHold, ServiceError> {
        let found = self.stores.holds.find(id).await?;
        found.ok_or(RetentionRefusal::HoldNotFound.into())
    }

    /// A page of legal holds, newest first.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn holds(&self, query: &HoldQuery) -> Result<Vec<LegalHold>, ServiceError> {
        Ok(self.stores.holds.list(query).await?)
    }

    /// The contacts that a hold on this subject covers.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn covered(&self, subject: &HoldSubject) -> Result<HeldContacts, ServiceError> {
        let covered = self.stores.holds.covered(subject).await?;
        covered.ok_or_else(|| {
            match subject {
                HoldSubject::Person(_) => RetentionRefusal::PersonNotFound,
                HoldSubject::Application(_) => RetentionRefusal::ApplicationNotFound,
            }
            .into()
        })
    }

    /// A page of the contacts that were reported as unanswered and still are.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn unanswered(
        &self,
        query: &UnansweredQuery,
    ) -> Result<Vec<RetainedContact>, ServiceError> {
        Ok(self.stores.reports.unanswered(query).await?)
    }

    /// A page of receipts of purges, newest first.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn receipts(&self, query: &ReceiptQuery) -> Result<Vec<PurgeReceipt>, ServiceError> {
        Ok(self.stores.reports.receipts(query).await?)
    }
}
