//! A client of the world: sets scenarios, and reads the journal of what really happened.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use anyhow::{Context, ensure};
use jiff::Timestamp;
use madoguchi_client::{ApiAnswer, Client, Method};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

const UNTIL_ARRIVED: Duration = Duration::from_secs(5);
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);
const ARRANGEMENT: &str = "/body/ambody/AcctInfoModRq/ServiceBody/CustInfo/ArrngId";
const INQUIRED: &str = "/body/ambody/AcctInfoInqRq/ServiceBody/CustInfo/ArrngId";

/// A client of a running world.
#[derive(Debug, Clone)]
pub struct WorldClient(Client);

/// The identity of an effect at the bank: level and transaction id.
pub type BankEffect = (String, String);

/// A mail in somebody's mailbox.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AcceptedMail {
    /// Its `Message-ID`.
    pub message_id: String,
    /// The recipient's address.
    pub to: String,
    /// The subject, decoded.
    pub subject: String,
    /// When it was accepted.
    pub at: Timestamp,
}

impl fmt::Debug for AcceptedMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptedMail").field("message_id", &self.message_id).finish_non_exhaustive()
    }
}

/// The bank's journal.
#[derive(Debug, Default)]
pub struct Journal {
    received: BTreeMap<String, Vec<Value>>,
    inquired: BTreeMap<String, Vec<Value>>,
    effects: BTreeMap<String, Vec<Value>>,
    acts: BTreeMap<String, Vec<BankEffect>>,
}

impl WorldClient {
    /// A client of the world at this URL.
    ///
    /// # Errors
    /// When no HTTP client can be built.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        Ok(Self(Client::new(url)?))
    }

    /// Its URL: the value of `itau.url`; with `/esb` appended, the value of `esb.url`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.0.base()
    }

    /// Sets the bank's scenario for this arrangement, for this many orders or for ever.
    ///
    /// # Errors
    /// When the world does not know the scenario.
    pub async fn play(
        &self,
        scenario: &str,
        arrangement: &str,
        times: Option<u32>,
    ) -> anyhow::Result<()> {
        self.plays("esb", scenario, Some(arrangement), times).await
    }

    /// Sets a scenario on a channel, for a key or for all, for this many requests or for ever.
    ///
    /// # Errors
    /// When the world does not know the scenario.
    pub async fn plays(
        &self,
        channel: &str,
        scenario: &str,
        key: Option<&str>,
        times: Option<u32>,
    ) -> anyhow::Result<()> {
        let setting =
            json!({ "channel": channel, "scenario": scenario, "key": key, "times": times });
        let answer: ApiAnswer =
            self.0.send(Method::PUT, "/world/scenario", &[], Some(&setting)).await?;
        ensure!(answer.status == 200, "the world refuses {scenario}: {}", answer.body);
        Ok(())
    }

    /// Reads the bank's journal.
    ///
    /// # Errors
    /// When the world does not answer.
    pub async fn journal(&self) -> anyhow::Result<Journal> {
        Journal::read(&self.shown("esb").await?)
    }

    /// The requests received on a channel, oldest first.
    ///
    /// # Errors
    /// When the world does not answer.
    pub async fn received(&self, channel: &str) -> anyhow::Result<Vec<Value>> {
        let mut shown = self.shown(channel).await?;
        serde_json::from_value(shown["received"].take()).context("the journal is a list")
    }

    /// Waits until at least `count` requests were received on a channel; returns their number.
    ///
    /// # Errors
    /// When they are not received in time.
    pub async fn arrived(&self, channel: &str, count: usize) -> anyhow::Result<usize> {
        let deadline = Instant::now() + UNTIL_ARRIVED;
        loop {
            let arrived = self.received(channel).await?.len();
            if arrived >= count {
                return Ok(arrived);
            }
            ensure!(Instant::now() < deadline, "only {arrived} of {count} questions arrived");
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// The mails that the simulated mail server accepted, in order.
    ///
    /// # Errors
    /// When the world does not answer.
    pub async fn mails(&self) -> anyhow::Result<Vec<AcceptedMail>> {
        let mut shown = self.shown("smtp").await?;
        serde_json::from_value(shown["effects"].take()).context("the journal lists mails")
    }

    /// The report that the newest mail to this address came back.
    ///
    /// # Errors
    /// When the simulated mail server accepted none.
    pub async fn bounce(&self, to: &str) -> anyhow::Result<String> {
        let answer: ApiAnswer = self.0.get(&format!("/world/bounce?to={to}")).await?;
        ensure!(answer.status == 200, "no report: {}", answer.body);
        Ok(answer.body)
    }

    async fn shown(&self, channel: &str) -> anyhow::Result<Value> {
        let answer: ApiAnswer = self.0.get(&format!("/world/journal?channel={channel}")).await?;
        serde_json::from_str(&answer.body).context("the journal is JSON")
    }
}

impl Journal {
    /// Parses a journal.
    ///
    /// # Errors
    /// When it is not a journal.
    pub fn read(shown: &Value) -> anyhow::Result<Self> {
        let mut journal = Self::default();
        for entry in shown["received"].as_array().context("received")? {
            let text = |pointer| entry.pointer(pointer).and_then(Value::as_str);
            let (kept, key) = match text(INQUIRED) {
                Some(key) => (&mut journal.inquired, key),
                None => (&mut journal.received, text(ARRANGEMENT).unwrap_or_default()),
            };
            kept.entry(key.to_owned()).or_default().push(entry.clone());
        }
        for effect in shown["effects"].as_array().context("effects")? {
            let text = |name: &str| effect[name].as_str().unwrap_or_default().to_owned();
            let act = (text("level"), text("transactionId"));
            journal.acts.entry(text("arrangementId")).or_default().push(act);
            let effects = journal.effects.entry(text("arrangementId")).or_default();
            effects.push(effect.clone());
        }
        Ok(journal)
    }

    /// The inquiries about an arrangement, in order of arrival.
    #[must_use]
    pub fn inquired(&self, arrangement: &str) -> &[Value] {
        self.inquired.get(arrangement).map_or(&[], Vec::as_slice)
    }

    /// The orders for an arrangement, in order of arrival.
    #[must_use]
    pub fn received(&self, arrangement: &str) -> &[Value] {
        self.received.get(arrangement).map_or(&[], Vec::as_slice)
    }

    /// All effects on an arrangement.
    #[must_use]
    pub fn acts(&self, arrangement: &str) -> &[BankEffect] {
        self.acts.get(arrangement).map_or(&[], Vec::as_slice)
    }

    /// All effects on an arrangement as the world shows them, with their times.
    #[must_use]
    pub fn effects(&self, arrangement: &str) -> &[Value] {
        self.effects.get(arrangement).map_or(&[], Vec::as_slice)
    }

    /// The distinct effects on an arrangement: a repeated one is harmless.
    #[must_use]
    pub fn distinct(&self, arrangement: &str) -> BTreeSet<&BankEffect> {
        self.acts(arrangement).iter().collect()
    }

    /// Every arrangement with a request or an effect.
    pub fn arrangements(&self) -> impl Iterator<Item = &str> {
        self.received.keys().chain(self.acts.keys()).map(String::as_str)
    }
}
