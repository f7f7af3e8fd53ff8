//! The fake store's persons.

use madoguchi_domain::Timestamp;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::person::{
    AccountId, AccountMail, ContactDetails, NewPerson, Person, PersonId, PersonQuery,
    PersonVersion, PersonWrite,
};
use madoguchi_domain::sealed::KeyId;

use super::memory::Memory;

impl Memory {
    pub(super) fn find_persons(
        &self,
        query: &PersonQuery,
        limit: u32,
        keys: &[KeyId],
    ) -> Vec<Person> {
        let by_index = matches!(query, PersonQuery::Email(_) | PersonQuery::Phone(_));
        let is_indexed = |person: &&Person| !by_index || self.is_indexed(person.data_key, keys);
        let with_setting = |person: &Person| Person {
            account: AccountMail {
                notification: !self.muted.contains_key(&person.account.id),
                ..person.account.clone()
            },
            ..person.clone()
        };
        let found = self.persons.values().filter(|person| query.matches(person));
        let found = found.filter(is_indexed).map(with_setting);
        found.take(limit as usize).collect()
    }

    pub(super) fn find_account(&self, id: &AccountId) -> Option<AccountMail> {
        let is_known = self.persons.values().any(|person| person.account.id == *id);
        let notification = !self.muted.contains_key(id);
        is_known.then(|| AccountMail { id: id.clone(), notification })
    }

    pub(super) fn person_history(&self, id: &PersonId) -> Vec<PersonVersion> {
        self.person_versions.get(id).cloned().unwrap_or_default()
    }

    pub(super) fn commit_person(
        &mut self,
        change: &Change<PersonWrite>,
        keys: &[KeyId],
    ) -> Committed {
        let at = change.audit.act.at();
        let is_written = self.can_finish(change)
            && match &change.write {
                PersonWrite::Register(new) => self.register(new, at),
                PersonWrite::Update(person, _) => self.update(person, at),
                PersonWrite::AccountMail(account) => self.switch(account, at),
            };
        if !is_written {
            return Committed::Lost;
        }
        match &change.write {
            PersonWrite::Register(new) => self.add_version(&new.person, change, keys),
            PersonWrite::Update(person, _) => self.add_version(person, change, keys),
            PersonWrite::AccountMail(_) => {}
        }
        self.finish(change);
        Committed::Moved
    }

    fn register(
        &mut self,
        NewPerson { person, unique_account, .. }: &NewPerson,
        at: Timestamp,
    ) -> bool {
        let is_taken = self.persons.contains_key(&person.id)
            || (*unique_account && self.unique_accounts.contains(&person.account.id));
        if !is_taken {
            self.unique_accounts.extend(unique_account.then(|| person.account.id.clone()));
            self.persons.insert(person.id.clone(), person.clone());
            self.readdress(&ContactDetails::default(), person, at);
        }
        !is_taken
    }

    fn update(&mut self, person: &Person, at: Timestamp) -> bool {
        match self.persons.get_mut(&person.id) {
            Some(stored) if stored.version + 1 == person.version => {
                let before = std::mem::replace(stored, person.clone());
                self.readdress(&before.details, person, at);
                true
            }
            Some(_) | None => false,
        }
    }

    fn switch(&mut self, account: &AccountMail, at: Timestamp) -> bool {
        let is_known = self.persons.values().any(|person| person.account.id == account.id);
        is_known
            && if account.notification {
                self.muted.remove(&account.id).is_some()
            } else {
                let is_new = !self.muted.contains_key(&account.id);
                if is_new {
                    self.muted.insert(account.id.clone(), at);
                }
                is_new
            }
    }

    fn add_version(&mut self, person: &Person, change: &Change<PersonWrite>, keys: &[KeyId]) {
        self.index_keys.insert(person.data_key, keys.to_vec());
        let version = PersonVersion {
            version: person.version,
            details: person.details.clone(),
            act: change.audit.act.without_through(),
        };
        self.person_versions.entry(person.id.clone()).or_default().push(version);
    }
}
