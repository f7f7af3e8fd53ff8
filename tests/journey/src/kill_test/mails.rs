//! The kill test of mails: the server is killed while contacts are approved and their mails go out,
//! and the mail server fails. Then every mail must be final or named uncertain, counted at the mail
//! server.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use madoguchi_testkit::samples::chance::Chance;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::counts::{KillCounts, PREPARERS};
use super::{BEFORE_AGAIN, UNTIL_ANSWERED, moments, strike};
use crate::contacts::Staff;
use crate::crowd::work_through;
use crate::mails::{Addressee, all_moved};
use crate::test_system::TestSystem;

/// The mail server's faults; each affects a mail once.
const FAULTS: [&str; 7] = [
    "defer",
    "cut_before_data",
    "cut_before_dot",
    "cut_after_dot",
    "slow:200",
    "garbage",
    "reject_recipient",
];

/// Faults after which nobody can know, or perhaps not.
const DOUBTFUL: [&str; 3] = ["cut_before_dot", "cut_after_dot", "garbage"];

/// Conversations of a server at once.
const CONVERSATIONS: usize = 8;

/// The size of the test.
#[derive(Debug, Clone, Copy)]
pub struct MailKillTest {
    /// Number of contacts, each to a person of its own.
    pub contacts: usize,
    /// Number of kills.
    pub kills: u32,
    /// Number of concurrent approvers.
    pub approvers: usize,
    /// Share of mails with one fault, in percent.
    pub faults: u64,
    /// Seed of the random numbers.
    pub seed: u64,
}

/// A contact that waits for its approval.
#[derive(Debug, Clone)]
struct Draft {
    id: String,
    hash: Value,
    email: String,
    fault: Option<&'static str>,
}

/// What became of the mails.
#[derive(Debug)]
pub struct MailKillReport {
    /// Number of kills.
    pub kills: u32,
    /// Number of kills that aborted requests.
    pub hits: u32,
    /// Number of contacts with each state of their mail.
    pub states: BTreeMap<String, usize>,
    /// Uncertain mails that the mail server accepted.
    pub uncertain_but_accepted: usize,
    /// Uncertain mails without a fault of the mail server: their sender was killed.
    pub interrupted: usize,
    /// Mails that are neither in the mailbox nor named, each with its state.
    pub lost: Vec<String>,
    /// Mails that are in the mailbox twice, or although they failed.
    pub doubled: Vec<String>,
    /// Duration of the test.
    pub took: Duration,
}

impl MailKillTest {
    /// Runs the test; `tell` is called with its progress.
    ///
    /// # Errors
    /// When something fails that the test did not cause on purpose.
    pub async fn run(
        &self,
        system: &Arc<TestSystem>,
        tell: impl Fn(&str) + Send + Sync,
    ) -> anyhow::Result<MailKillReport> {
        let begun = Instant::now();
        let mut chance = Chance::of(self.seed);
        tell(&format!("{} contacts are written", self.contacts));
        let drafts = self.prepare(system, &mut chance).await?;
        let counts = Arc::new(KillCounts::default());
        let (on, counted) = (Arc::clone(system), Arc::clone(&counts));
        let stream = tokio::spawn(work_through(self.approvers, drafts.clone(), move |draft| {
            let (system, counts) = (Arc::clone(&on), Arc::clone(&counted));
            async move { insist(&system, &counts, &draft).await }
        }));
        for at in moments(self.kills, self.contacts, self.approvers, &mut chance) {
            while counts.answered.load(Ordering::SeqCst) < at && !stream.is_finished() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            strike(system, &counts, chance.below(50)).await?;
            let answered = counts.answered.load(Ordering::SeqCst);
            let kills = counts.kills.load(Ordering::SeqCst);
            tell(&format!("{answered} of {} contacts approved, {kills} kills", self.contacts));
        }
        stream.await??;
        tell("all contacts approved, no more kills: every mail must come to an end");
        all_moved(system).await?;
        let report = MailKillReport {
            kills: counts.kills.load(Ordering::SeqCst),
            hits: counts.hits.load(Ordering::SeqCst),
            states: BTreeMap::new(),
            uncertain_but_accepted: 0,
            interrupted: 0,
            lost: Vec::new(),
            doubled: Vec::new(),
            took: begun.elapsed(),
        };
        report.judged(system, drafts).await
    }

    async fn prepare(
        &self,
        system: &Arc<TestSystem>,
        chance: &mut Chance,
    ) -> anyhow::Result<Vec<Draft>> {
        let fault = |_| chance.percent(self.faults).then(|| *chance.pick(&FAULTS));
        let faults: Vec<_> = (0..self.contacts).map(fault).collect();
        let on = Arc::clone(system);
        let numbered = (1..).zip(faults).collect();
        work_through(PREPARERS, numbered, move |(number, fault): (u32, Option<&'static str>)| {
            let system = Arc::clone(&on);
            async move {
                let person = Addressee::named(&system, &format!("PER-K{number}")).await?;
                if let Some(scenario) = fault {
                    system.world.plays("smtp", scenario, Some(&person.email), Some(1)).await?;
                }
                let author = Staff::person(&system, "author");
                let id = author.added(&person.recipient.request()).await?;
                let hash = author.reads(&id).await?["contentHash"].clone();
                Ok(Draft { id, hash, email: person.email, fault })
            }
        })
        .await
    }
}

/// Approves a contact; repeated until the server says that it is approved.
async fn insist(system: &TestSystem, counts: &KillCounts, draft: &Draft) -> anyhow::Result<()> {
    let deadline = Instant::now() + UNTIL_ANSWERED;
    let body = json!({ "approve": { "contentHash": draft.hash } });
    loop {
        let answer = Staff::person(system, "approver").updates(&draft.id, body.clone()).await;
        match answer.as_ref().map(|answer| answer.status) {
            // Closed: an earlier try was committed, and its answer was lost.
            Ok(200 | 409) => break,
            Ok(503) => {}
            Ok(_) => bail!("an approval was answered {answer:?}"),
            Err(_) => drop(counts.broken.fetch_add(1, Ordering::SeqCst)),
        }
        ensure!(Instant::now() < deadline, "an approval was not answered in {UNTIL_ANSWERED:?}");
        counts.repeated.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(BEFORE_AGAIN).await;
    }
    counts.answered.fetch_add(1, Ordering::SeqCst);
    Ok(())
}

impl MailKillReport {
    /// Whether nothing is lost or doubled, at least one kill hit, and a kill interrupts no more
    /// mails than are under way at once.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.lost.is_empty()
            && self.doubled.is_empty()
            && (self.kills == 0 || self.hits > 0)
            && self.interrupted <= CONVERSATIONS * self.kills as usize
            && self.states.contains_key("SENT")
    }

    async fn judged(
        mut self,
        system: &Arc<TestSystem>,
        drafts: Vec<Draft>,
    ) -> anyhow::Result<Self> {
        let on = Arc::clone(system);
        let contacts = work_through(PREPARERS, drafts, move |draft: Draft| {
            let system = Arc::clone(&on);
            async move {
                let contact = Staff::person(&system, "author").reads(&draft.id).await?;
                let state = contact["mail"]["state"].as_str().context("a state")?.to_owned();
                Ok((draft, state))
            }
        });
        let contacts = contacts.await?;
        let mut mailboxes: BTreeMap<String, usize> = BTreeMap::new();
        for mail in system.world.mails().await? {
            *mailboxes.entry(mail.to).or_default() += 1;
        }
        for (Draft { id, email, fault, .. }, state) in contacts {
            let arrived = mailboxes.remove(&email).unwrap_or_default();
            let line = format!("{id}: {state}, {arrived} in the mailbox, {fault:?}");
            let is_doubtful = fault.is_some_and(|fault| DOUBTFUL.contains(&fault));
            match (state.as_str(), arrived) {
                ("SENT", 1) => {}
                ("FAILED", 0) if fault == Some("reject_recipient") => {}
                ("UNCERTAIN", 0 | 1) => {
                    self.uncertain_but_accepted += arrived;
                    self.interrupted += usize::from(!is_doubtful);
                }
                (_, 0) => self.lost.push(line),
                (_, _) => self.doubled.push(line),
            }
            *self.states.entry(state).or_default() += 1;
        }
        self.doubled.extend(mailboxes.into_keys().map(|_| "a mail to nobody of ours".to_owned()));
        Ok(self)
    }
}

impl fmt::Display for MailKillReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let states: Vec<_> =
            self.states.iter().map(|(state, count)| format!("{count} {state}")).collect();
        write!(
            f,
            "mails: {}, {} kills ({} hit requests), in {:.1} s; {} of the uncertain ones arrived, \
             {} were under way when the server was killed; {} lost, {} doubled",
            states.join(", "),
            self.kills,
            self.hits,
            self.took.as_secs_f64(),
            self.uncertain_but_accepted,
            self.interrupted,
            self.lost.len(),
            self.doubled.len(),
        )?;
        for line in self.lost.iter().chain(&self.doubled) {
            write!(f, "\n  {line}")?;
        }
        Ok(())
    }
}
