//! Clients that write persons through one server and read them through the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{anyhow, bail, ensure};
use madoguchi_client::{Client, Method};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::nodes::Nodes;
use crate::caller::HttpAnswer;
use crate::crowd::work_through;

/// Pause of a client between two persons, so that the data keys can be re-wrapped faster than new
/// ones come.
const BETWEEN: Duration = Duration::from_millis(250);
const BEFORE_AGAIN: Duration = Duration::from_millis(10);
const READERS: usize = 16;

/// A person, whose contact details are its id with a prefix.
#[derive(Debug, Clone)]
pub(super) struct WrittenPerson {
    id: String,
}

impl WrittenPerson {
    /// The address in this version.
    fn email(&self, version: u32) -> String {
        format!("{}-{version}@example.com", self.id)
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/v1/persons/{}{rest}", self.id)
    }
}

/// What the clients wrote.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) persons: Vec<WrittenPerson>,
    pub(super) changes: usize,
    pub(super) readings: usize,
}

/// The running clients.
#[derive(Debug)]
pub(super) struct Writers(JoinSet<anyhow::Result<Written>>);

impl Writers {
    pub(super) fn start(clients: usize, nodes: &Arc<Nodes>, stop: &Arc<AtomicBool>) -> Self {
        let mut running = JoinSet::new();
        for client in 0..clients {
            let (nodes, stop) = (Arc::clone(nodes), Arc::clone(stop));
            running.spawn(async move { write(client, &nodes, &stop).await });
        }
        Self(running)
    }

    /// Fails if a client has ended, which it does only after a failure.
    pub(super) fn must_run(&mut self) -> anyhow::Result<()> {
        match self.0.try_join_next() {
            None => Ok(()),
            Some(ended) => ended?.and(Err(anyhow!("a client ended before the stop"))),
        }
    }

    pub(super) async fn join(mut self) -> anyhow::Result<Written> {
        let mut all = Written::default();
        while let Some(written) = self.0.join_next().await {
            let Written { persons, changes, readings } = written??;
            all.persons.extend(persons);
            all.changes += changes;
            all.readings += readings;
        }
        Ok(all)
    }
}

async fn write(client: usize, nodes: &Nodes, stop: &AtomicBool) -> anyhow::Result<Written> {
    let mut written = Written::default();
    for number in 0.. {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let person = WrittenPerson { id: format!("p{client}-{number}") };
        let (here, there) = (nodes.client(number), nodes.client(number + 1));
        let body = json!({"personId": person.id, "accountId": person.id, "email": person.email(1)});
        insist(&here, Method::POST, "/api/v1/persons", &body).await?;
        read_back(&there, &person, 1).await?;
        let path = person.path("/contact-details");
        insist(&there, Method::PUT, &path, &json!({"email": person.email(2)})).await?;
        read_back(&here, &person, 2).await?;
        written.persons.push(person);
        written.changes += 1;
        written.readings += 2;
        tokio::time::sleep(BETWEEN).await;
    }
    Ok(written)
}

/// Sends a request until it succeeds, and returns the body; only "unavailable" may come before.
async fn insist(
    client: &Client,
    method: Method,
    path: &str,
    body: &Value,
) -> anyhow::Result<String> {
    let body = Some(body).filter(|it| !it.is_null());
    loop {
        let headers = [("if-match", "*")];
        let answer: HttpAnswer = client.send(method.clone(), path, &headers, body).await?;
        match answer.status {
            200 | 201 => return Ok(answer.body),
            503 => tokio::time::sleep(BEFORE_AGAIN).await,
            status => bail!("{method} {path} was answered {status} {}", answer.body),
        }
    }
}

async fn read_back(client: &Client, person: &WrittenPerson, version: u32) -> anyhow::Result<()> {
    let path = person.path("?reveal=true");
    let body = insist(client, Method::GET, &path, &Value::Null).await?;
    let email = &serde_json::from_str::<Value>(&body)?["data"]["email"];
    ensure!(*email == person.email(version).as_str(), "{} reads {email}", person.id);
    Ok(())
}

impl Written {
    /// The number of persons that one of the servers does not read as they were written, with both
    /// versions of their details.
    pub(super) async fn unreadable(&self, nodes: &Arc<Nodes>) -> anyhow::Result<usize> {
        let nodes = Arc::clone(nodes);
        let checked = work_through(READERS, self.persons.clone(), move |person| {
            let nodes = Arc::clone(&nodes);
            async move {
                let mut is_readable = true;
                for number in 0..2 {
                    let client = nodes.client(number);
                    is_readable &= read_back(&client, &person, 2).await.is_ok();
                    let path = person.path("/history?reveal=true");
                    let history = insist(&client, Method::GET, &path, &Value::Null).await;
                    let history = history.unwrap_or_default();
                    is_readable &= [1, 2].iter().all(|it| history.contains(&person.email(*it)));
                }
                Ok(is_readable)
            }
        });
        Ok(checked.await?.into_iter().filter(|is_readable| !is_readable).count())
    }
}
