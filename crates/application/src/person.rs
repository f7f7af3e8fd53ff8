//! Use cases of persons: register, read, search, and change their contact details.

use std::borrow::Cow;
use std::sync::Arc;

use madoguchi_domain::act::Act;
use madoguchi_domain::audit::{Action, AuditEntry, Subject};
use madoguchi_domain::idempotency::ClientAct;
use madoguchi_domain::if_match::IfMatch;
use madoguchi_domain::person::{
    self, AccountId, AccountMail, DetailsUpdate, Person, PersonId, PersonQuery, PersonVersion,
    RegisteredVersion, Registration, Updated,
};
use madoguchi_domain::port::{Ids, PersonStore, ReplayStore, StoreError};
use madoguchi_domain::redacted;
use madoguchi_domain::registered::Registered;
use madoguchi_domain::sealed::DataKeyId;

use crate::idempotency::once_until_moved;
use crate::until_moved::until_moved;
use crate::{Answered, AuditWriter, ServiceError};

redacted!(PersonService);

/// Registers, reads and changes persons. Searches, and reading in clear, are recorded in the audit
/// log before they are answered.
#[derive(Clone)]
pub struct PersonService {
    store: Arc<dyn PersonStore>,
    replays: Arc<dyn ReplayStore>,
    audit: AuditWriter,
    ids: Arc<dyn Ids>,
    unique_accounts: bool,
}

/// Whether personal data is read masked or in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Masked where it is shown.
    Masked,
    /// In clear, which is recorded.
    InClear,
}

/// The answer to a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Searched {
    /// Nobody.
    Nobody,
    /// One person.
    One(Box<Person>),
    /// Several: which of them is never guessed.
    Several,
}

impl PersonService {
    /// A service over these stores, which share one database. With `unique_accounts`, an account
    /// has at most one person.
    #[must_use]
    pub fn new(
        store: Arc<dyn PersonStore>,
        replays: Arc<dyn ReplayStore>,
        audit: AuditWriter,
        ids: Arc<dyn Ids>,
        unique_accounts: bool,
    ) -> Self {
        Self { store, replays, audit, ids, unique_accounts }
    }

    /// Registers a person; idempotent.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn register(
        &self,
        wish: Registration,
        by: impl Into<ClientAct>,
    ) -> Result<Answered<Registered<RegisteredVersion>>, ServiceError> {
        let ClientAct { act, keyed } = by.into();
        once_until_moved(
            &*self.replays,
            keyed,
            || async {
                let known = self.in_the_way(&wish).await?;
                let ids = (DataKeyId(self.ids.uuid()), self.ids.uuid());
                let (change, registered) =
                    person::register(&known, &wish, self.unique_accounts, ids, &act);
                Ok((change, registered.map(|person| RegisteredVersion(person.version))))
            },
            |change| async move { self.store.commit(&[change]).await },
        )
        .await
    }

    /// The persons that a registration may conflict with.
    async fn in_the_way(&self, wish: &Registration) -> Result<Vec<Person>, StoreError> {
        let mut known = self.store.find(&PersonQuery::Id(wish.id.clone()), 1).await?;
        if self.unique_accounts {
            let query = PersonQuery::Account(wish.account.clone());
            let others = self.store.find(&query, 2).await?;
            known.extend(others.into_iter().filter(|other| other.id != wish.id));
        }
        Ok(known)
    }

    /// The person with this id, if there is one.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn read(
        &self,
        id: &PersonId,
        reading: Reading,
        act: &Act,
    ) -> Result<Option<Person>, ServiceError> {
        let found = self.with_id(id).await?;
        if found.is_some() {
            self.record_reading(id, reading, "details", act).await?;
        }
        Ok(found)
    }

    /// All versions of a person's contact details, oldest first; `None` for an unknown person.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn history(
        &self,
        id: &PersonId,
        reading: Reading,
        act: &Act,
    ) -> Result<Option<Vec<PersonVersion>>, ServiceError> {
        let versions = self.store.history(id).await?;
        if versions.is_empty() {
            return Ok(None);
        }
        self.record_reading(id, reading, "history", act).await?;
        Ok(Some(versions))
    }

    async fn record_reading(
        &self,
        id: &PersonId,
        reading: Reading,
        what: &'static str,
        act: &Act,
    ) -> Result<(), ServiceError> {
        if reading == Reading::Masked {
            return Ok(());
        }
        let entry = AuditEntry::new(Action::PERSON_REVEALED, id.subject(), what, act);
        self.audit.append(entry).await
    }

    /// The person with this address, if exactly one has it.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn search(&self, query: &PersonQuery, act: &Act) -> Result<Searched, ServiceError> {
        let mut found = self.store.find(query, 2).await?;
        let searched = match (found.pop(), found.is_empty()) {
            (None, _) => Searched::Nobody,
            (Some(person), true) => Searched::One(Box::new(person)),
            (Some(_), false) => Searched::Several,
        };
        let of_none = || Subject::new("person_search", act.correlation.as_str());
        let (subject, detail) = match &searched {
            Searched::Nobody => (of_none(), "nobody"),
            Searched::One(person) => (person.id.subject(), "one"),
            Searched::Several => (of_none(), "several"),
        };
        let entry = AuditEntry::new(Action::PERSON_SEARCHED, subject, Cow::Borrowed(detail), act);
        self.audit.append(entry).await?;
        Ok(searched)
    }

    /// Changes contact details on a version that `if_match` allows; `None` for an unknown person.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn update_details(
        &self,
        id: &PersonId,
        update: &DetailsUpdate,
        if_match: &IfMatch,
        act: &Act,
    ) -> Result<Option<Updated>, ServiceError> {
        until_moved(
            || async {
                let Some(person) = self.with_id(id).await? else {
                    return Ok((None, None));
                };
                let version = self.ids.uuid();
                let decided = person::update_details(&person, update, if_match, version, act);
                Ok((decided.0, Some(decided.1)))
            },
            |change| async move { self.store.commit(&[change]).await },
        )
        .await
    }

    /// Switches mail notification of an account, which has at least one person; else `None`.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn set_mail_notification(
        &self,
        account: &AccountId,
        notification: bool,
        act: &Act,
    ) -> Result<Option<AccountMail>, ServiceError> {
        until_moved(
            || async {
                let Some(account) = self.store.account(account).await? else {
                    return Ok((None, None));
                };
                let change = person::set_mail_notification(&account, notification, act);
                Ok((change, Some(AccountMail { notification, ..account })))
            },
            |change| async move { self.store.commit(&[change]).await },
        )
        .await
    }

    async fn with_id(&self, id: &PersonId) -> Result<Option<Person>, StoreError> {
        Ok(self.store.find(&PersonQuery::Id(id.clone()), 1).await?.pop())
    }
}
