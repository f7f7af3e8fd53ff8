//! One customer of a demo journey: requests for this customer, and the bank's journal about them.

use std::time::Duration;

use anyhow::bail;
use madoguchi_client::{
    ApiAnswer, CaseAnswer, Client, Done, OpenedCase, RegisterMember, Verification,
};
use tokio::time::Instant;

use crate::chance;
use crate::tokens;
use crate::world_client::Journal;

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

/// The observed progress of the core-bank effect.
#[derive(Debug)]
pub(super) struct Settling {
    /// Each observed state, in order.
    pub(super) seen: Vec<String>,
    /// `blockedOn` of the case while the outcome was unknown.
    pub(super) blocked_on: Option<String>,
    /// The case when the effect was final.
    pub(super) case: CaseAnswer,
}

impl<'a> Customer<'a> {
    /// Registers a new member.
    pub(super) async fn register(demo: &'a DemoContext) -> anyhow::Result<Self> {
        let (member, arrangement) = chance::newcomer()?;
        let new = RegisterMember::new(&member, &arrangement);
        demo.as_user(tokens::OPERATOR).register(&new).await?.data()?;
        Ok(Self { demo, member, arrangement, case: String::new() })
    }

    fn as_user(&self, token: &str) -> Client {
        self.demo.as_user(token)
    }

    /// Opens a case and reports a passed verification, so that a verdict is possible.
    pub(super) async fn come_to_verdict(&mut self, walk: &mut Walk) -> anyhow::Result<()> {
        let opened = self.open().await?;
        let case = opened.data()?;
        walk.same(
            (opened.status, case.state.as_str()),
            (201, "New"),
            "the front office opens a case: New",
        );
        let verified = self.verify().await?;
        walk.check(verified, "the verifier reports that the customer passed");
        walk.same(&*self.read().await?.state, "EDDASuccess", "the case is EDDASuccess");
        Ok(())
    }

    /// Opens a case.
    async fn open(&mut self) -> anyhow::Result<ApiAnswer<OpenedCase>> {
        let answer = self.as_user(tokens::FRONT_DESK).open_upgrade(&self.member).await?;
        self.case = answer.data()?.case_id;
        Ok(answer)
    }

    /// Reports a passed verification; true if it was accepted.
    async fn verify(&self) -> anyhow::Result<bool> {
        let reference = format!("demo-{}", self.case);
        let passed = Verification { source: "EDDA".to_owned(), is_pass: true, reference };
        let answer = self.as_user(tokens::VERIFIER).verify(&self.case, &passed).await?;
        Ok(answer.data().is_ok())
    }

    /// Sends the agent's verdict to the source's path.
    pub(super) async fn decide(&self, passed: bool) -> anyhow::Result<ApiAnswer<Done>> {
        Ok(self.as_user(tokens::AGENT).decide_newest(&self.member, passed).await?)
    }

    /// Reads the case.
    pub(super) async fn read(&self) -> anyhow::Result<CaseAnswer> {
        Ok(self.as_user(tokens::AGENT).upgrade(&self.case).await?.data()?)
    }

    /// The member's level as the service records it; empty if there is none.
    pub(super) async fn level(&self) -> anyhow::Result<String> {
        Ok(self.as_user(tokens::FRONT_DESK).member(&self.member).await?.data()?.level)
    }

    /// Sets a scenario for the bank's next order about this arrangement.
    pub(super) async fn play_once(&self, scenario: &str) -> anyhow::Result<()> {
        self.demo.stack.world.play(scenario, &self.arrangement, Some(1)).await
    }

    /// Sets a scenario for all orders about this arrangement from now on.
    pub(super) async fn play(&self, scenario: &str) -> anyhow::Result<()> {
        self.demo.stack.world.play(scenario, &self.arrangement, None).await
    }

    /// The id of the case, which is the id of its order too.
    pub(super) fn case(&self) -> &str {
        &self.case
    }

    /// Polls the core-bank effect until its state is final.
    pub(super) async fn settle(&self) -> anyhow::Result<Settling> {
        let begun = Instant::now();
        let (mut seen, mut blocked_on): (Vec<String>, _) = (Vec::new(), None);
        loop {
            let case = self.read().await?;
            let state = case.core_bank.as_ref().map_or("", |order| &order.state);
            if state == "Unknown" {
                blocked_on = case.blocked_on.as_ref().map(|blocked| blocked.what.clone());
            }
            if seen.last().is_none_or(|last| last != state) {
                seen.push(state.to_owned());
            }
            let way = seen.join(" → ");
            if case.is_settled() {
                self.demo.screen.waited();
                return Ok(Settling { seen, blocked_on, case });
            }
            if begun.elapsed() > UNTIL_SETTLED {
                self.demo.screen.waited();
                bail!("the core bank's answer is not known after 20 s: {way}");
            }
            let seconds = begun.elapsed().as_secs_f32();
            self.demo.screen.waiting(&format!("core bank: {way} ({seconds:.1} s)"));
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Reads the simulated bank's journal.
    pub(super) async fn at_bank(&self) -> anyhow::Result<Journal> {
        self.demo.stack.world.journal().await
    }

    /// The number of times that the case entered a state.
    pub(super) async fn times_in(&self, state: &str) -> anyhow::Result<usize> {
        let timeline = self.as_user(tokens::AGENT).timeline(&self.case).await?.data()?;
        Ok(timeline.iter().filter(|event| event.state() == Some(state)).count())
    }

    /// Prints the timeline.
    pub(super) async fn draw(&self, walk: &Walk) -> anyhow::Result<()> {
        let timeline = self.as_user(tokens::AGENT).timeline(&self.case).await?;
        for line in picture::draw(&timeline.data()?) {
            walk.note(&line);
        }
        Ok(())
    }
}
