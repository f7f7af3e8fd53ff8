//! One customer of a demo journey: requests for this customer, and the bank's journal about them.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::chance;
use crate::client::Answer;
use crate::tokens;
use crate::up::VERDICT;

use super::context::DemoContext;
use super::picture;
use super::walk::Walk;

const UNTIL_SETTLED: Duration = Duration::from_secs(20);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// A registered member with its own account, so that runs do not collide.
pub(super) struct Customer<'a> {
    demo: &'a DemoContext,
    member: String,
    pub(super) arrangement: String,
    case: String,
}

/// What the simulated bank's journal has about one arrangement.
#[derive(Debug)]
pub(super) struct AtBank {
    /// All requests, whatever their outcome.
    pub(super) requests: Vec<Value>,
    /// Number of times a level was set.
    pub(super) effects: usize,
    /// The distinct pairs (level, transaction id) among the effects.
    pub(super) distinct: BTreeSet<(String, String)>,
}

/// The observed progress of the core-bank effect.
#[derive(Debug)]
pub(super) struct Settling {
    /// Each observed state, in order.
    pub(super) seen: Vec<String>,
    /// `blockedOn` of the case while the outcome was unknown.
    pub(super) blocked_on: Option<String>,
    /// The case when the effect was final.
    pub(super) case: Answer,
}

impl<'a> Customer<'a> {
    /// Registers a new member.
    pub(super) async fn register(demo: &'a DemoContext) -> anyhow::Result<Self> {
        let (member, arrangement) = chance::newcomer()?;
        let body = json!({ "memberId": member, "arrangementId": arrangement });
        let answer = demo.stack.api.post(tokens::OPERATOR, "/api/v1/members", &body).await?;
        answer.must_be(&[201], "registering a new member")?;
        Ok(Self { demo, member, arrangement, case: String::new() })
    }

    /// Opens a case and reports a passed verification, so that a verdict is possible.
    pub(super) async fn come_to_verdict(&mut self, walk: &mut Walk) -> anyhow::Result<()> {
        let opened = self.open().await?;
        walk.same(
            (opened.status, opened.text("/state")),
            (201, "New"),
            "the front office opens a case: New",
        );
        let verified = self.verify().await?;
        walk.same(
            &verified.body["success"],
            &Value::Bool(true),
            "the verifier reports that the customer passed",
        );
        let case = self.read().await?;
        walk.same(case.text("/state"), "EDDASuccess", "the case is EDDASuccess");
        Ok(())
    }

    /// Opens a case.
    pub(super) async fn open(&mut self) -> anyhow::Result<Answer> {
        let body = json!({ "memberId": self.member });
        let answer =
            self.demo.stack.api.post(tokens::FRONT_DESK, "/api/v1/upgrades", &body).await?;
        answer.text("/caseId").clone_into(&mut self.case);
        if self.case.is_empty() {
            bail!("opening a case gave no caseId: {} {}", answer.status, answer.body);
        }
        Ok(answer)
    }

    /// Reports a passed verification.
    pub(super) async fn verify(&self) -> anyhow::Result<Answer> {
        let path = format!("/api/v1/upgrades/{}/verification", self.case);
        let reference = format!("demo-{}", self.case);
        let body = json!({ "source": "EDDA", "isPass": true, "reference": reference });
        self.demo.stack.api.post(tokens::VERIFIER, &path, &body).await
    }

    /// Sends the agent's verdict to the source's path.
    pub(super) async fn decide(&self, passed: bool) -> anyhow::Result<Answer> {
        let body = json!({ "memberId": self.member, "isPass": passed });
        self.demo.stack.api.post(tokens::AGENT, VERDICT, &body).await
    }

    /// Reads the case.
    pub(super) async fn read(&self) -> anyhow::Result<Answer> {
        let path = format!("/api/v1/upgrades/{}", self.case);
        let answer = self.demo.stack.api.get(tokens::AGENT, &path).await?;
        answer.must_be(&[200], "reading the case")
    }

    /// The member's level as the service records it; null if there is none.
    pub(super) async fn level(&self) -> anyhow::Result<Value> {
        let path = format!("/api/v1/members/{}", self.member);
        let answer = self.demo.stack.api.get(tokens::FRONT_DESK, &path).await?;
        Ok(answer.must_be(&[200], "reading the member")?.data()["level"].clone())
    }

    /// Sets a scenario for the bank's next order about this arrangement.
    pub(super) async fn play_once(&self, scenario: &str) -> anyhow::Result<()> {
        let body = json!({
            "channel": "esb", "scenario": scenario, "key": self.arrangement, "times": 1,
        });
        let world = &self.demo.stack.world;
        let answer = world.call(Method::PUT, "", "/world/scenario", Some(&body)).await?;
        answer.must_be(&[200], "setting the scenario").map(drop)
    }

    /// Polls the core-bank effect until its state is final.
    pub(super) async fn settle(&self) -> anyhow::Result<Settling> {
        let begun = Instant::now();
        let (mut seen, mut blocked_on): (Vec<String>, _) = (Vec::new(), None);
        loop {
            let case = self.read().await?;
            let state = case.text("/coreBank/state").to_owned();
            if state == "Unknown" {
                blocked_on = case.data()["blockedOn"]["what"].as_str().map(str::to_owned);
            }
            let settled = ["Confirmed", "Rejected", "Manual"].contains(&state.as_str());
            if seen.last() != Some(&state) {
                seen.push(state);
            }
            let way = seen.join(" → ");
            if settled {
                self.demo.screen.waited();
                return Ok(Settling { seen, blocked_on, case });
            }
            if begun.elapsed() > UNTIL_SETTLED {
                self.demo.screen.waited();
                bail!("the core bank's answer is not known after 20 s: {way}; {}", case.body);
            }
            let seconds = begun.elapsed().as_secs_f32();
            self.demo.screen.waiting(&format!("core bank: {way} ({seconds:.1} s)"));
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Reads the simulated bank's journal about this arrangement.
    pub(super) async fn at_bank(&self) -> anyhow::Result<AtBank> {
        let world = &self.demo.stack.world;
        let answer = world.get("", "/world/journal?channel=esb").await?;
        let journal = answer.must_be(&[200], "reading the journal")?.body;
        let customer = "/body/ambody/AcctInfoModRq/ServiceBody/CustInfo/ArrngId";
        let ours = |entry: &Value, pointer: &str| {
            entry.pointer(pointer).and_then(Value::as_str) == Some(&self.arrangement)
        };
        let list = |name: &str| {
            journal[name].as_array().cloned().with_context(|| format!("the journal has no {name}"))
        };
        let mut requests = list("received")?;
        requests.retain(|entry| ours(entry, customer));
        let mut effects = list("effects")?;
        effects.retain(|effect| ours(effect, "/arrangementId"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let distinct = effects
            .iter()
            .map(|effect| (text(&effect["level"]), text(&effect["transactionId"])))
            .collect();
        Ok(AtBank { requests, effects: effects.len(), distinct })
    }

    /// The case's timeline.
    pub(super) async fn timeline(&self) -> anyhow::Result<Value> {
        let path = format!("/api/v1/upgrades/{}/timeline", self.case);
        let answer = self.demo.stack.api.get(tokens::AGENT, &path).await?;
        Ok(answer.must_be(&[200], "reading the timeline")?.data().clone())
    }

    /// Prints the timeline.
    pub(super) async fn draw(&self, walk: &Walk) -> anyhow::Result<()> {
        for line in picture::draw(&self.timeline().await?) {
            walk.note(&line);
        }
        Ok(())
    }
}
