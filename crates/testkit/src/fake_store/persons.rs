//! The fake store's persons.

use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::person::{
    AccountMail, NewPerson, Person, PersonId, PersonQuery, PersonVersion, PersonWrite,
};

use super::memory::Memory;

impl Memory {
    pub(super) fn find_persons(&self, query: &PersonQuery, limit: u32) -> Vec<Person> {
        let with_setting = |person: &Person| Person {
            account: AccountMail {
                notification: !self.muted.contains(&person.account.id),
                ..person.account.clone()
            },
            ..person.clone()
        };
        let found = self.persons.values().filter(|person| query.matches(person)).map(with_setting);
        found.take(limit as usize).collect()
    }

    pub(super) fn person_history(&self, id: &PersonId) -> Vec<PersonVersion> {
        self.person_versions.get(id).cloned().unwrap_or_default()
    }

    pub(super) fn commit_person(&mut self, change: &Change<PersonWrite>) -> Committed {
        let is_written = self.can_plan(&change.effects)
            && match &change.write {
                PersonWrite::Register(new) => self.register(new),
                PersonWrite::Update(person, _) => self.update(person),
                PersonWrite::AccountMail(account) => self.switch(account),
            };
        if !is_written {
            return Committed::Lost;
        }
        match &change.write {
            PersonWrite::Register(new) => self.add_version(&new.person, change),
            PersonWrite::Update(person, _) => self.add_version(person, change),
            PersonWrite::AccountMail(_) => {}
        }
        self.plan(&change.effects);
        self.trail.append(&change.audit);
        Committed::Moved
    }

    fn register(&mut self, NewPerson { person, unique_account, .. }: &NewPerson) -> bool {
        let is_taken = self.persons.contains_key(&person.id)
            || (*unique_account && self.unique_accounts.contains(&person.account.id));
        if !is_taken {
            self.unique_accounts.extend(unique_account.then(|| person.account.id.clone()));
            self.persons.insert(person.id.clone(), person.clone());
        }
        !is_taken
    }

    fn update(&mut self, person: &Person) -> bool {
        match self.persons.get_mut(&person.id) {
            Some(stored) if stored.version + 1 == person.version => {
                *stored = person.clone();
                true
            }
            Some(_) | None => false,
        }
    }

    fn switch(&mut self, account: &AccountMail) -> bool {
        let is_known = self.persons.values().any(|person| person.account.id == account.id);
        is_known
            && if account.notification {
                self.muted.remove(&account.id)
            } else {
                self.muted.insert(account.id.clone())
            }
    }

    fn add_version(&mut self, person: &Person, change: &Change<PersonWrite>) {
        let version = PersonVersion {
            version: person.version,
            details: person.details.clone(),
            act: change.audit.act.clone(),
        };
        self.person_versions.entry(person.id.clone()).or_default().push(version);
    }
}
