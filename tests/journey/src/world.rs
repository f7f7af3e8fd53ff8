//! Runs the simulated outside world as a process; its journal is the test oracle of every journey.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::binaries;
use crate::process::Process;

const UNTIL_OPEN: Duration = Duration::from_secs(20);
const UNTIL_ARRIVED: Duration = Duration::from_secs(5);
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);
const ARRANGEMENT: &str = "/body/ambody/AcctInfoModRq/ServiceBody/CustInfo/ArrngId";

/// A running `madoguchi-sandbox world` with a known address.
#[derive(Debug)]
pub struct SandboxWorld {
    _process: Process,
    url: String,
    http: reqwest::Client,
}

/// The identity of an effect at the bank: level and transaction id.
pub type BankEffect = (String, String);

/// The bank's journal.
#[derive(Debug, Default)]
pub struct Journal {
    received: BTreeMap<String, Vec<Value>>,
    acts: BTreeMap<String, Vec<BankEffect>>,
}

impl SandboxWorld {
    /// Starts the world; its files are in `data`.
    ///
    /// # Errors
    /// When it does not start, with its output.
    pub fn start(data: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(data)?;
        let mut command = Command::new(binaries::sandbox());
        command.args(["world", "--world", "127.0.0.1:0", "--data"]).arg(data);
        let mut process = Process::start(command, &data.join("said"))?;
        let url = process.hear(UNTIL_OPEN, |line| {
            let esb = line.trim().strip_prefix("esb.url")?.trim();
            esb.strip_suffix("/esb").map(str::to_owned)
        })?;
        let http = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { _process: process, url, http })
    }

    /// Its URL: the value of `itau.url`; with `/esb` appended, the value of `esb.url`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
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
        let request = self.http.put(format!("{}/world/scenario", self.url)).json(&setting);
        let response = request.send().await?;
        let status = response.status();
        ensure!(status == 200, "the world refuses {scenario}: {}", response.text().await?);
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

    async fn shown(&self, channel: &str) -> anyhow::Result<Value> {
        let request = self.http.get(format!("{}/world/journal?channel={channel}", self.url));
        let text = request.send().await?.text().await?;
        serde_json::from_str(&text).context("the journal is JSON")
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
            let key = entry.pointer(ARRANGEMENT).and_then(Value::as_str).unwrap_or_default();
            journal.received.entry(key.to_owned()).or_default().push(entry.clone());
        }
        for effect in shown["effects"].as_array().context("effects")? {
            let text = |name: &str| effect[name].as_str().unwrap_or_default().to_owned();
            let act = (text("level"), text("transactionId"));
            journal.acts.entry(text("arrangementId")).or_default().push(act);
        }
        Ok(journal)
    }

    /// The requests for an arrangement, in order of arrival.
    #[must_use]
    pub fn received(&self, arrangement: &str) -> &[Value] {
        self.received.get(arrangement).map_or(&[], Vec::as_slice)
    }

    /// All effects on an arrangement.
    #[must_use]
    pub fn acts(&self, arrangement: &str) -> &[BankEffect] {
        self.acts.get(arrangement).map_or(&[], Vec::as_slice)
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
