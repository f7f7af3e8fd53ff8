//! Fills the database through the server: persons, each with contacts in every state.

use std::sync::Arc;

use anyhow::{Context, ensure};
use madoguchi_client::Method;
use madoguchi_journey::contacts::{CONTACTS, Recipient, Staff};
use madoguchi_journey::crowd::work_through;
use madoguchi_journey::test_system::TestSystem;
use serde_json::{Value, json};

/// Contacts of one person.
pub(crate) const EACH: usize = 50;
/// Of these, approved ones.
const APPROVED: usize = 10;
/// Of these, ones that were answered by phone.
const ANSWERED: usize = 2;
const CLIENTS: usize = 24;

/// What was written so far.
#[derive(Debug, Default)]
pub(crate) struct Seeding {
    persons: usize,
    pub(crate) contacts: usize,
}

impl Seeding {
    /// Writes until there are this many contacts.
    pub(crate) async fn up_to(
        &mut self,
        system: &Arc<TestSystem>,
        contacts: usize,
        tell: impl Fn(String),
    ) -> anyhow::Result<()> {
        let last = contacts.div_ceil(EACH);
        while self.persons < last {
            // A twentieth at a time, to show progress.
            let until = last.min(self.persons + (last / 20).max(1));
            let next: Vec<usize> = (self.persons..until).collect();
            let on = Arc::clone(system);
            let written = work_through(CLIENTS, next, move |number| {
                let system = Arc::clone(&on);
                async move { write(&system, number).await }
            });
            written.await?;
            self.persons = until;
            self.contacts = until * EACH;
            tell(format!("{} of {contacts} contacts are written", self.contacts));
        }
        Ok(())
    }
}

/// One person with its contacts.
async fn write(system: &TestSystem, number: usize) -> anyhow::Result<()> {
    let person = Recipient::named(system, &format!("PER-{number:07}")).await?;
    let (author, approver) = (Staff::person(system, "author"), Staff::person(system, "approver"));
    for one in 0..EACH {
        author.added(&contact(&person, number, one)).await?;
    }
    let list = author.lists(&format!("personId={}&limit={EACH}", person.person)).await?;
    let list = list.data()?;
    let list = list.as_array().context("a list")?;
    let seen = list
        .iter()
        .map(|it| json!({ "contactId": it["contactId"], "contentHash": it["contentHash"] }));
    let seen: Value = seen.take(APPROVED).collect();
    let path = format!("{CONTACTS}/approvals");
    let approved = approver.send(Method::POST, &path, &[], &seen).await?;
    ensure!(approved.status == 200, "{approved:?}");
    for contact in &list[..ANSWERED] {
        let id = contact["contactId"].as_str().context("contactId")?;
        author.updates(id, json!({ "answerStatus": "ANSWERED" })).await?.data()?;
    }
    let id = list[EACH - 1]["contactId"].as_str().context("contactId")?;
    approver.updates(id, json!({ "reject": { "reason": "不備" } })).await?.data()?;
    Ok(())
}

fn contact(person: &Recipient, number: usize, one: usize) -> Value {
    let mut body = person.request_with("policyNumber", format!("P-{:06}", number * 7 + one % 7));
    if one.is_multiple_of(10) {
        body["type"] = "NOTICE".into();
        body["actionKind"] = Value::Null;
    }
    body
}
