//! Drives the stores of contacts and of their mails.

use madoguchi_application::ContactStores;
use madoguchi_domain::actor::ActorRef;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::{
    Contact, ContactEvent, ContactFilter, ContactId, ContactKey, ContactOrder, ContactQuery,
    ContactVersion, ContactWrite, Content, MailWrite,
};
use madoguchi_domain::effect::{Effect, Outcome};
use madoguchi_domain::port::{EffectChange, Recorded};

use crate::contract::audit_rows;
use crate::samples::{
    adds, contact_content, contact_id, mail_answered, mail_claim, mail_id, mailed_approvals, moves,
    staff,
};

/// Drives stores with sample persons, contacts and mails. It panics when a store breaks its
/// contract.
#[derive(Debug, Clone)]
pub struct ContactDriver {
    /// The stores.
    pub stores: ContactStores,
}

impl From<ContactStores> for ContactDriver {
    fn from(stores: ContactStores) -> Self {
        Self { stores }
    }
}

impl ContactDriver {
    /// Commits changes of contacts: all of them or none.
    ///
    /// # Panics
    /// When the store fails, or audits other changes.
    pub async fn commit(&self, changes: &[Change<ContactWrite>]) -> Committed {
        let before = audit_rows::heads(&self.stores).await;
        let committed = self.stores.contacts.commit(changes).await.expect("changes are committed");
        let each = vec![committed; changes.len()];
        audit_rows::are_of(&self.stores, &before, changes, &each).await;
        committed
    }

    /// Commits changes of mails.
    ///
    /// # Panics
    /// When the store fails, or audits other changes.
    pub async fn commit_mails(&self, changes: &[Change<MailWrite>]) -> Vec<Committed> {
        let before = audit_rows::heads(&self.stores).await;
        let committed = self.stores.mails.commit(changes).await.expect("mails are committed");
        audit_rows::are_of(&self.stores, &before, changes, &committed).await;
        committed
    }

    /// The contact with this id.
    ///
    /// # Panics
    /// When the store cannot be read.
    pub async fn find(&self, id: ContactId) -> Option<Contact> {
        self.stores.contacts.find(&ContactKey::of(id)).await.expect("contacts are found")
    }

    /// A sample contact.
    ///
    /// # Panics
    /// When it is not stored.
    pub async fn contact(&self, number: u32) -> Contact {
        self.find(contact_id(number)).await.expect("the contact is stored")
    }

    /// The versions of a sample contact.
    ///
    /// # Panics
    /// When the store cannot be read.
    pub async fn history(&self, number: u32) -> Vec<ContactVersion> {
        self.stores.contacts.history(contact_id(number)).await.expect("the history is read")
    }

    /// The newest 100 contacts that match.
    pub async fn list(&self, filter: &ContactFilter) -> Vec<Contact> {
        self.list_by(ContactOrder::NewestFirst, filter).await
    }

    /// The first 100 contacts that match, in this order.
    ///
    /// # Panics
    /// When the store cannot be read.
    pub async fn list_by(&self, order: ContactOrder, filter: &ContactFilter) -> Vec<Contact> {
        let query = ContactQuery { filter: filter.clone(), order, after: None, limit: 100 };
        self.stores.contacts.list(&query).await.expect("contacts are listed")
    }

    /// Commits a change and returns the contact after it.
    ///
    /// # Panics
    /// When the change is lost, or the contact is not stored as it was decided.
    pub async fn written(&self, change: &Change<ContactWrite>) -> Contact {
        assert_eq!(self.commit(std::slice::from_ref(change)).await, Committed::Moved);
        let read = self.find(change.write.contact().id).await.expect("the contact is stored");
        assert_eq!(read, *change.write.contact());
        read
    }

    /// Adds a sample contact for person 1, as many seconds after the start as its number.
    pub async fn drafted(&self, number: u32) -> Contact {
        let id = contact_id(number);
        self.written(&adds(id, 1, contact_content(), number.into())).await
    }

    /// Registers person 1, and adds contacts with these contents for it, one each second.
    pub async fn added(&self, contents: Vec<Content>) -> Vec<Contact> {
        self.register(1..=1).await;
        let mut drafts = Vec::new();
        for (number, content) in (1..).zip(contents) {
            drafts.push(self.written(&adds(contact_id(number), 1, content, number.into())).await);
        }
        drafts
    }

    /// Commits an event of a contact, and returns the contact after it.
    pub async fn moved(
        &self,
        contact: &Contact,
        event: &ContactEvent,
        by: &ActorRef,
        seconds: i64,
    ) -> Contact {
        self.written(&moves(contact, event, by, seconds)).await
    }

    /// Commits an event of a sample contact as it is stored, by staff 2.
    pub async fn acted(&self, number: u32, event: &ContactEvent, seconds: i64) -> Contact {
        self.moved(&self.contact(number).await, event, &staff(2), seconds).await
    }

    /// Approves drafts in one call, and plans their mails, numbered from `first`.
    ///
    /// # Panics
    /// When the approvals are lost.
    pub async fn approved(&self, drafts: &[Contact], first: u32, seconds: i64) {
        let approvals = mailed_approvals(&drafts.iter().collect::<Vec<_>>(), first, seconds);
        assert_eq!(self.commit(&approvals).await, Committed::Moved);
    }

    /// Approves a contact to the person `seconds` after the start; its mail has this outcome 10
    /// seconds later. Contact and mail have the same number.
    ///
    /// # Panics
    /// When its mail is not claimed.
    pub async fn mailed(&self, (number, person): (u32, u32), seconds: i64, outcome: Outcome) {
        let added = adds(contact_id(number), person, contact_content(), seconds);
        let draft = self.written(&added).await;
        self.approved(&[draft], number, seconds).await;
        let claimed = self.claim(10, seconds).await;
        let effect = claimed.iter().find(|it| it.order.key.id.0 == mail_id(number).0);
        let effect = effect.expect("its mail is claimed");
        self.record(mail_answered(effect, outcome, seconds + 10)).await;
    }

    /// Claims mails.
    ///
    /// # Panics
    /// When the store fails.
    pub async fn claim(&self, limit: u32, seconds: i64) -> Vec<Effect> {
        let claim = mail_claim(limit, seconds);
        self.stores.platform.effects.claim(&claim).await.expect("mails are claimed")
    }

    /// Records one state transition of a mail, and returns the mail after it.
    ///
    /// # Panics
    /// When it is not written.
    pub async fn record(&self, change: EffectChange) -> Effect {
        let recorded = self.stores.platform.effects.record(std::slice::from_ref(&change)).await;
        assert_eq!(recorded.expect("outcomes are recorded"), [Recorded::Written]);
        change.write.after
    }
}
