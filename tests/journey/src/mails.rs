//! Customers with an address, and what became of the mails about their contacts.

use std::time::Duration;

use anyhow::{Context, ensure};
use madoguchi_sandbox::AcceptedMail;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::contacts::{Recipient, Staff};
use crate::test_system::TestSystem;
use crate::tokens;

const UNTIL_MOVED: Duration = Duration::from_secs(60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// A person that mail goes to.
#[derive(Debug, Clone)]
pub struct Addressee {
    /// The person.
    pub recipient: Recipient,
    /// The address.
    pub email: String,
}

impl Addressee {
    /// Registers a person with this id, whose address is made of it.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn named(system: &TestSystem, person: &str) -> anyhow::Result<Self> {
        Self::with_email(system, &person.to_lowercase(), person).await
    }

    /// Registers a person with this id and this part of the address before `@example.com`.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn with_email(
        system: &TestSystem,
        local: &str,
        person: &str,
    ) -> anyhow::Result<Self> {
        let email = format!("{local}@example.com");
        let account = person.replacen("PER", "ACC", 1);
        let body = json!({ "personId": person, "accountId": account, "email": email });
        system.caller.post("/api/v1/persons", tokens::PERSON_WRITE, &body).await?.data()?;
        Ok(Self { recipient: Recipient { person: person.to_owned(), account }, email })
    }

    /// Changes how the person is reached.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn changes(&self, system: &TestSystem, body: Value) -> anyhow::Result<()> {
        let path = format!("/api/v1/persons/{}/contact-details", self.recipient.person);
        let headers = [("Acstkn", tokens::PERSON_WRITE), ("If-Match", "*")];
        let put = madoguchi_client::Method::PUT;
        let answer = system.caller.call_with(put, &path, &headers, &body).await?;
        ensure!(answer.status == 200, "{answer:?}");
        Ok(())
    }

    /// Adds this contact and approves it; returns its id.
    ///
    /// # Errors
    /// When one of it is refused.
    pub async fn approved(&self, system: &TestSystem, body: &Value) -> anyhow::Result<String> {
        let id = Staff::person(system, "author").added(body).await?;
        let answer = Staff::person(system, "approver").approves(&id).await?;
        ensure!(answer.status == 200, "{answer:?}");
        Ok(id)
    }

    /// The mails in the person's mailbox.
    ///
    /// # Errors
    /// When the world does not answer.
    pub async fn mailbox(&self, system: &TestSystem) -> anyhow::Result<Vec<AcceptedMail>> {
        let mails = system.world.mails().await?;
        Ok(mails.into_iter().filter(|mail| mail.to == self.email).collect())
    }
}

/// The `mail` of a contact once it is not pending any more.
///
/// # Errors
/// When it stays pending.
pub async fn moved(system: &TestSystem, id: &str) -> anyhow::Result<Value> {
    let deadline = Instant::now() + UNTIL_MOVED;
    loop {
        let mail = Staff::person(system, "author").reads(id).await?["mail"].clone();
        if mail["state"] != "PENDING" {
            return Ok(mail);
        }
        ensure!(Instant::now() < deadline, "the mail of {id} stays pending");
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// Waits until no mail is pending.
///
/// # Errors
/// When one stays pending.
pub async fn all_moved(system: &TestSystem) -> anyhow::Result<()> {
    let deadline = Instant::now() + UNTIL_MOVED;
    loop {
        let pending = Staff::person(system, "author").lists("mail=PENDING&limit=1").await?;
        if pending.data()?.as_array().context("a list")?.is_empty() {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "mails stay pending: {}", system.condition());
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}
