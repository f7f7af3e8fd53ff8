//! Staff and customers around contacts, over HTTP.

use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, ensure};
use madoguchi_client::Method;
use serde_json::{Value, json};

use crate::caller::HttpAnswer;
use crate::test_system::TestSystem;
use crate::tokens;

/// The path of all contacts.
pub const CONTACTS: &str = "/api/v1/contacts";

static PERSONS: AtomicU32 = AtomicU32::new(1);

/// A registered person, to whom contacts are written.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// The `personId`.
    pub person: String,
    /// Its account.
    pub account: String,
}

impl Recipient {
    /// Registers a person that no other test knows.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn registered(system: &TestSystem) -> anyhow::Result<Self> {
        let number = PERSONS.fetch_add(1, Ordering::Relaxed);
        Self::named(system, &format!("PER-R{number}")).await
    }

    /// Registers a person with this id.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn named(system: &TestSystem, person: &str) -> anyhow::Result<Self> {
        let account = person.replacen("PER", "ACC", 1);
        let body = json!({ "personId": person, "accountId": account });
        system.caller.post("/api/v1/persons", tokens::PERSON_WRITE, &body).await?.data()?;
        Ok(Self { person: person.to_owned(), account })
    }

    /// The body of a request to this person.
    #[must_use]
    pub fn request(&self) -> Value {
        json!({
            "personId": self.person,
            "accountId": self.account,
            "type": "ACTION_REQUEST",
            "actionKind": "IDENTITY_DOCUMENT",
            "subject": "本人確認のお願い",
            "body": "書類をご提出ください。",
            "link": "https://my.example.com/identity",
            "sender": { "kind": "HUMAN", "name": "山田 花子" },
        })
    }

    /// The request with another value.
    #[must_use]
    pub fn request_with(&self, field: &str, value: impl Into<Value>) -> Value {
        let mut body = self.request();
        body[field] = value.into();
        body
    }
}

/// A member of staff, who calls through the back office.
#[derive(Debug, Clone, Copy)]
pub struct Staff<'a> {
    system: &'a TestSystem,
    /// The subject; empty for the back office's own program.
    subject: &'a str,
}

impl<'a> Staff<'a> {
    /// The person with this subject.
    #[must_use]
    pub const fn person(system: &'a TestSystem, subject: &'a str) -> Self {
        Self { system, subject }
    }

    /// The back office's program.
    #[must_use]
    pub const fn program(system: &'a TestSystem) -> Self {
        Self { system, subject: "" }
    }

    /// Sends a request with these headers; a null body means none.
    ///
    /// # Errors
    /// When no whole answer came; also for the other requests.
    pub async fn send(
        self,
        method: Method,
        path: &str,
        more: &[(&str, &str)],
        body: &Value,
    ) -> anyhow::Result<HttpAnswer> {
        let actor = format!("{};Name", self.subject);
        let mut headers = vec![("Acstkn", tokens::BACK_OFFICE)];
        if !self.subject.is_empty() {
            headers.push(("x-actor", &actor));
        }
        headers.extend(more);
        Ok(self.system.caller.call_with(method, path, &headers, body).await?)
    }

    /// Adds a contact.
    pub async fn adds(self, body: &Value) -> anyhow::Result<HttpAnswer> {
        self.send(Method::POST, CONTACTS, &[], body).await
    }

    /// Adds a contact, which must succeed; returns its id.
    pub async fn added(self, body: &Value) -> anyhow::Result<String> {
        let answer = self.adds(body).await?;
        ensure!(answer.status == 201, "{answer:?}");
        Ok(answer.data()?["contactId"].as_str().context("contactId")?.to_owned())
    }

    /// Reads a contact, which must succeed.
    pub async fn reads(self, id: &str) -> anyhow::Result<Value> {
        let answer = self.send(Method::GET, &path(id), &[], &Value::Null).await?;
        ensure!(answer.status == 200, "{answer:?}");
        Ok(answer.data()?)
    }

    /// Updates a contact on any version.
    pub async fn updates(self, id: &str, body: Value) -> anyhow::Result<HttpAnswer> {
        self.updates_on("*", id, body).await
    }

    /// Updates a contact on the version of this tag.
    pub async fn updates_on(self, tag: &str, id: &str, body: Value) -> anyhow::Result<HttpAnswer> {
        self.send(Method::PUT, &path(id), &[("If-Match", tag)], &body).await
    }

    /// Approves a contact as it is now.
    pub async fn approves(self, id: &str) -> anyhow::Result<HttpAnswer> {
        let hash = self.reads(id).await?["contentHash"].clone();
        self.updates(id, json!({ "approve": { "contentHash": hash } })).await
    }

    /// Deletes a contact on the version of this tag.
    pub async fn deletes(self, id: &str, tag: &str) -> anyhow::Result<HttpAnswer> {
        self.send(Method::DELETE, &path(id), &[("If-Match", tag)], &Value::Null).await
    }

    /// Lists contacts, which must succeed.
    pub async fn lists(self, query: &str) -> anyhow::Result<HttpAnswer> {
        let path = format!("{CONTACTS}?{query}");
        let answer = self.send(Method::GET, &path, &[], &Value::Null).await?;
        ensure!(answer.status == 200, "{answer:?}");
        Ok(answer)
    }
}

/// The path of a contact.
#[must_use]
pub fn path(id: &str) -> String {
    format!("{CONTACTS}/{id}")
}

/// What a person sees, through My page.
///
/// # Errors
/// When it is refused.
pub async fn messages(system: &TestSystem, person: &str) -> anyhow::Result<Vec<Value>> {
    let path = format!("/api/v1/persons/{person}/messages");
    let answer = system.caller.get(&path, tokens::CONTACT_ANSWER_ANY).await?;
    ensure!(answer.status == 200, "{answer:?}");
    Ok(answer.data()?.as_array().context("a list")?.clone())
}

/// The customer's answer, through My page.
///
/// # Errors
/// When no whole answer came.
pub async fn answers(system: &TestSystem, id: &str, text: &str) -> anyhow::Result<HttpAnswer> {
    let (path, body) = (format!("{}/answer", path(id)), json!({ "answer": text }));
    Ok(system.caller.post(&path, tokens::CONTACT_ANSWER_ANY, &body).await?)
}
