//! Use cases of contacts: write, approve, answer, delete, read and list them.

mod act;
mod ageing;
mod expiry;
mod mail;
mod mail_time;

use std::collections::BTreeMap;
use std::sync::Arc;

use madoguchi_domain::Timestamp;
use madoguchi_domain::act::Act;
use madoguchi_domain::approval::{ContentHash, ContentSalt};
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::{
    self, AnswerText, Approvals, CheckedContent, Contact, ContactEvent, ContactFilter, ContactId,
    ContactKey, ContactOrder, ContactPolicy, ContactQuery, ContactRefusal, ContactVersion,
    ContactWrite, NewContactIds, WrittenContact, plan_mails,
};
use madoguchi_domain::idempotency::ClientAct;
use madoguchi_domain::if_match::IfMatch;
use madoguchi_domain::mail::MailId;
use madoguchi_domain::page::ListPosition;
use madoguchi_domain::person::{AccountId, PersonId, PersonQuery};
use madoguchi_domain::port::{ContactStore, Ids, StoreError};
use madoguchi_domain::redacted;
use madoguchi_domain::sealed::DataKeyId;

use crate::idempotency::once_until_moved;
use crate::until_moved::until_moved;
use crate::{Answered, ContactStores, PlannedSignal, ServiceError};

pub use act::ContactAct;
pub use ageing::{ApprovalAgeing, WaitingApprovals};
pub use expiry::ApprovalExpiry;
pub use mail::{MailDelivery, MissingMails};

redacted!(ContactService);

/// Writes, approves, answers, deletes and reads contacts.
#[derive(Clone)]
pub struct ContactService {
    stores: ContactStores,
    policy: Arc<ContactPolicy>,
    ids: Arc<dyn Ids>,
    planned: PlannedSignal,
}

/// A change, and the contact that it leaves.
type Decided = (Option<Change<ContactWrite>>, WrittenContact);

impl ContactService {
    /// A service over these stores.
    #[must_use]
    pub fn new(stores: ContactStores, policy: Arc<ContactPolicy>, ids: Arc<dyn Ids>) -> Self {
        Self { stores, policy, ids, planned: PlannedSignal::default() }
    }

    /// The same, which wakes the workers of these clones of the signal when it planned a mail.
    #[must_use]
    pub fn with_signal(self, planned: PlannedSignal) -> Self {
        Self { planned, ..self }
    }

    /// The rules.
    #[must_use]
    pub fn policy(&self) -> &ContactPolicy {
        &self.policy
    }

    /// Adds a contact for a person, who must have this account.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn add(
        &self,
        (person, account): (PersonId, AccountId),
        content: CheckedContent,
        by: impl Into<ClientAct>,
    ) -> Result<Answered<WrittenContact>, ServiceError> {
        let ClientAct { act, keyed } = by.into();
        once_until_moved(
            &*self.stores.platform.replays,
            keyed,
            || async {
                let found = self.stores.persons.find(&PersonQuery::Id(person.clone()), 1).await?;
                if !found.iter().any(|it| it.account.id == account) {
                    return Err(ContactRefusal::PersonNotFound.into());
                }
                let whom = (person.clone(), account.clone());
                let rule = self.policy.approval;
                let contact = contact::add(whom, content.clone(), self.new_ids(), rule, &act);
                let written = WrittenContact::from(&contact);
                Ok((Some(contact.added(self.ids.uuid(), &act)), written))
            },
            |change| self.commit(vec![change], &act),
        )
        .await
    }

    fn new_ids(&self) -> NewContactIds {
        let uuid = || self.ids.uuid();
        NewContactIds {
            contact: ContactId(uuid()),
            data_key: DataKeyId(uuid()),
            salt: ContentSalt::of_ids([uuid(), uuid(), uuid(), uuid()]),
        }
    }

    /// Does this to a contact, on a version that `if_match` allows.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn update(
        &self,
        id: ContactId,
        command: &ContactAct,
        if_match: &IfMatch,
        act: &Act,
    ) -> Result<WrittenContact, ServiceError> {
        until_moved(
            || async {
                let contact = self.found(&ContactKey::of(id)).await?;
                let event = command.event(&contact, if_match, &self.policy)?;
                self.decided(&contact, &event, if_match, act)
            },
            |change| self.commit(vec![change], act),
        )
        .await
    }

    /// Records the answer of the customer, whom the key may name.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn answer(
        &self,
        key: &ContactKey,
        text: AnswerText,
        by: impl Into<ClientAct>,
    ) -> Result<Answered<WrittenContact>, ServiceError> {
        let ClientAct { act, keyed } = by.into();
        let event = ContactEvent::Answer(text);
        once_until_moved(
            &*self.stores.platform.replays,
            keyed,
            || async {
                let contact = self.found(key).await?;
                self.decided(&contact, &event, &IfMatch::Any, &act)
            },
            |change| self.commit(vec![change], &act),
        )
        .await
    }

    /// Approves several contacts as they were shown; what became of each is in the answer, and one
    /// that is refused does not stop the others.
    ///
    /// # Errors
    /// See [`ServiceError`]. Then none of them was approved by this call.
    pub async fn approve(
        &self,
        shown: &BTreeMap<ContactId, ContentHash>,
        by: impl Into<ClientAct>,
    ) -> Result<Answered<Approvals>, ServiceError> {
        let ClientAct { act, keyed } = by.into();
        once_until_moved(
            &*self.stores.platform.replays,
            keyed,
            || async {
                let (mut changes, mut outcomes) = (Vec::new(), BTreeMap::new());
                // In the order of their ids, so that two calls cannot deadlock.
                for (id, seen) in shown {
                    let outcome = self.approval(*id, *seen, &act).await?;
                    outcomes.insert(*id, outcome.map(|change| changes.extend(change)));
                }
                let changes = (!changes.is_empty()).then_some(changes);
                Ok((changes, Approvals(outcomes)))
            },
            |changes| self.commit(changes, &act),
        )
        .await
    }

    async fn approval(
        &self,
        id: ContactId,
        seen: ContentHash,
        act: &Act,
    ) -> Result<Result<Option<Change<ContactWrite>>, ContactRefusal>, ServiceError> {
        let contact = match self.stores.contacts.find(&ContactKey::of(id)).await {
            Ok(Some(contact)) => contact,
            Ok(None) => return Ok(Err(ContactRefusal::NotFound)),
            Err(StoreError::Corrupt(place)) => {
                tracing::error!(place, contact = %id, "a contact cannot be read");
                return Ok(Err(ContactRefusal::Unreadable));
            }
            Err(unavailable @ StoreError::Unavailable(_)) => return Err(unavailable.into()),
        };
        let event = ContactEvent::Approve { seen };
        Ok(contact.change(&event, &IfMatch::Any, self.ids.uuid(), act))
    }

    fn decided(
        &self,
        contact: &Contact,
        event: &ContactEvent,
        if_match: &IfMatch,
        act: &Act,
    ) -> Result<Decided, ServiceError> {
        let change = contact.change(event, if_match, self.ids.uuid(), act)?;
        let after = change.as_ref().map_or(contact, |change| change.write.contact());
        let written = after.into();
        Ok((change, written))
    }

    /// The contact of this id.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn read(&self, id: ContactId) -> Result<Contact, ServiceError> {
        self.found(&ContactKey::of(id)).await
    }

    /// All versions of a contact, oldest first.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn history(&self, id: ContactId) -> Result<Vec<ContactVersion>, ServiceError> {
        let versions = self.stores.contacts.history(id).await?;
        if versions.is_empty() { Err(ContactRefusal::NotFound.into()) } else { Ok(versions) }
    }

    /// A page of what a person sees at `now`, the latest first.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn messages(
        &self,
        person: &PersonId,
        now: Timestamp,
        (after, limit): (Option<ListPosition>, u32),
    ) -> Result<Vec<Contact>, ServiceError> {
        let filter = ContactFilter {
            person: Some(person.clone()),
            visible_at: Some(now),
            ..ContactFilter::default()
        };
        let order = ContactOrder::LatestVisibleFirst;
        let seen = self.list(&ContactQuery { filter, order, after, limit }).await?;
        // An unknown person is not one without messages.
        let query = PersonQuery::Id(person.clone());
        if seen.is_empty() && self.stores.persons.find(&query, 1).await?.is_empty() {
            return Err(ContactRefusal::PersonNotFound.into());
        }
        Ok(seen)
    }

    /// A page of contacts.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn list(&self, query: &ContactQuery) -> Result<Vec<Contact>, ServiceError> {
        Ok(self.stores.contacts.list(query).await?)
    }

    async fn found(&self, key: &ContactKey) -> Result<Contact, ServiceError> {
        let found = self.stores.contacts.find(key).await?;
        found.ok_or(ContactRefusal::NotFound.into())
    }

    /// Commits the changes of one call, with the mails about the contacts that they make valid.
    async fn commit(
        &self,
        mut changes: Vec<Change<ContactWrite>>,
        act: &Act,
    ) -> Result<Vec<Committed>, StoreError> {
        if let Some(policy) = &self.policy.mail {
            plan_mails(&mut changes, policy, || MailId(self.ids.uuid()), act);
        }
        let store: &dyn ContactStore = &*self.stores.contacts;
        let committed = store.commit(&changes).await?;
        if committed == Committed::Moved {
            mail_time::follow_edits(&*self.stores.platform.effects, &changes, act).await;
        }
        if committed == Committed::Moved && changes.iter().any(|it| !it.effects.is_empty()) {
            self.planned.notify();
        }
        Ok(vec![committed])
    }
}
