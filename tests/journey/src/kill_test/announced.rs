//! The kill test of announcements: one text to many persons, mailed in batches while the server is
//! killed, and one that is stopped half-way. Then everyone who did not stop mail has one mail about
//! the first, or an uncertain one that is named, and of the second nobody gets one after the stop.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use jiff::Timestamp;
use madoguchi_client::Method;
use madoguchi_testkit::samples::chance::Chance;
use serde_json::{Value, json};

use super::announced_report::{AnnouncementKillReport, Person, Stopping};
use crate::contacts::Staff;
use crate::crowd::work_through;
use crate::mails::Addressee;
use crate::test_system::TestSystem;
use crate::tokens;

const UNTIL_MAILED: Duration = Duration::from_secs(3600);
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);
/// One person of so many stopped mail.
const STOPPED: u32 = 20;
const CALLERS: usize = 16;

/// The size of the test.
#[derive(Debug, Clone, Copy)]
pub struct AnnouncementKillTest {
    /// Number of persons.
    pub persons: u32,
    /// Number of kills.
    pub kills: u32,
    /// Seed of the random numbers.
    pub seed: u64,
}

/// How far the mails about an announcement are.
struct Progress {
    mailing: Value,
    planned: u64,
    /// The memory of the server, in KiB.
    memory: u64,
}

impl AnnouncementKillTest {
    /// Runs the test; `tell` is called with its progress.
    ///
    /// # Errors
    /// When something fails that the test did not cause on purpose.
    pub async fn run(
        &self,
        system: &Arc<TestSystem>,
        tell: impl Fn(&str) + Send + Sync,
    ) -> anyhow::Result<AnnouncementKillReport> {
        tell(&format!("{} persons are registered", self.persons));
        let persons = registered(system, self.persons).await?;
        let path = approved(system).await?;
        let late = Addressee::named(system, "PER-LATE").await?;
        ended(system, &path, "HELD").await?;
        let begun = Instant::now();
        post(system, "ann", &format!("{path}/release"), json!({})).await?;
        let kills_meanwhile = self.kill(system, &path, &tell).await?;
        tell("no more kills: everything must come to an end");
        let memory = read(system, &path).await?.memory;
        let end = ended(system, &path, "PLANNED").await?;
        let (counts, took) = (end.mailing["counts"].clone(), begun.elapsed());
        let mut report = AnnouncementKillReport {
            counts,
            kills: (self.kills, kills_meanwhile),
            took,
            memory_kib: (memory, end.memory),
            uncertain: uncertain(system).await?,
            ..AnnouncementKillReport::default()
        };
        let mails = system.world.mails().await?;
        report.judge(&mails, &persons, &late);
        tell("another announcement is stopped");
        report.stopping = Some(stop_half_way(system, mails.len()).await?);
        Ok(report)
    }

    /// Kills the server at random moments while mails are planned and sent; the number of kills
    /// before the last mail was planned. After a kill the job begins when the lease of the killed
    /// server is over, so that each kill waits for a new batch.
    async fn kill(
        &self,
        system: &TestSystem,
        path: &str,
        tell: &(impl Fn(&str) + Send + Sync),
    ) -> anyhow::Result<u32> {
        let (mut chance, mut meanwhile, mut planned) = (Chance::of(self.seed), 0, 0);
        for kill in 1..=self.kills {
            let moves = |it: &Progress| it.planned > planned || it.mailing["state"] == "PLANNED";
            wait_until(system, path, moves).await?;
            tokio::time::sleep(Duration::from_millis(chance.below(2000))).await;
            let progress = read(system, path).await?;
            meanwhile += u32::from(progress.mailing["state"] == "RUNNING");
            planned = progress.planned;
            system.kill()?;
            system.start_again().await?;
            tell(&format!("{kill} kills, {planned} mails planned"));
        }
        Ok(meanwhile)
    }
}

/// Stops an announcement while its mails go out, and looks when the last of them was accepted. The
/// mails `before` are not its own.
async fn stop_half_way(system: &TestSystem, before: usize) -> anyhow::Result<Stopping> {
    let path = approved(system).await?;
    let held = ended(system, &path, "HELD").await?;
    post(system, "ann", &format!("{path}/release"), json!({})).await?;
    wait_until(system, &path, |it| it.planned > held.planned).await?;
    post(system, "bob", &format!("{path}/stop"), json!({})).await?;
    let stopped = ended(system, &path, "STOPPED").await?;
    let since = stopped.mailing["since"].as_str().context("a time of the stop")?;
    let since: Timestamp = since.parse().context("the time of the stop")?;
    let counts = stopped.mailing["counts"].as_array().context("counts")?;
    ensure!(counts.iter().any(|it| it["state"] == "NONE"), "nothing was left to stop: {counts:?}");
    // Longer than a stop may take: a mail that is sent too late has arrived.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let mails = system.world.mails().await?;
    let about = mails.iter().skip(before).map(|it| it.at);
    let last = about.clone().max().context("no mail before the stop")?;
    Ok(Stopping { mails: about.count(), last_after: last.duration_since(since) })
}

/// Persons, of whom some stopped mail.
async fn registered(system: &Arc<TestSystem>, count: u32) -> anyhow::Result<Vec<Person>> {
    let on = Arc::clone(system);
    work_through(CALLERS, (0..count).collect(), move |number: u32| {
        let system = Arc::clone(&on);
        async move {
            let addressee = Addressee::named(&system, &format!("PER-{number:07}")).await?;
            let is_stopped = number.is_multiple_of(STOPPED);
            if is_stopped {
                let stop = json!({ "mailStopped": true, "mailStopReason": "wish" });
                addressee.changes(&system, stop).await?;
            }
            Ok(Person { addressee, is_stopped })
        }
    })
    .await
}

async fn post(system: &TestSystem, who: &str, path: &str, body: Value) -> anyhow::Result<Value> {
    let answer = Staff::person(system, who).send(Method::POST, path, &[], &body).await?;
    ensure!([200, 201].contains(&answer.status), "{answer:?}");
    Ok(answer.data()?)
}

/// The path of an announcement to everyone, approved by another person.
async fn approved(system: &TestSystem) -> anyhow::Result<String> {
    let all = "/api/v1/announcements";
    let body = json!({ "subject": "お知らせ", "body": "休止します。", "mail": true });
    let added = post(system, "ann", all, body).await?;
    let path = format!("{all}/{}", added["announcementId"].as_str().context("an id")?);
    let submitted = post(system, "ann", &format!("{path}/submission"), json!({})).await?;
    let seen = json!({ "contentHash": submitted["contentHash"] });
    post(system, "bob", &format!("{path}/approval"), seen).await?;
    Ok(path)
}

async fn read(system: &TestSystem, path: &str) -> anyhow::Result<Progress> {
    let ann = Staff::person(system, "ann");
    let shown = ann.send(Method::GET, path, &[], &Value::Null).await?;
    let mailing = shown.data()?["mailing"].clone();
    let planned = mailing["planned"].as_u64().context("planned")?;
    Ok(Progress { mailing, planned, memory: system.memory_kib()? })
}

/// Waits until this holds. The memory in the answer is the largest that was seen.
async fn wait_until(
    system: &TestSystem,
    path: &str,
    holds: impl Fn(&Progress) -> bool + Send,
) -> anyhow::Result<Progress> {
    let (deadline, mut most) = (Instant::now() + UNTIL_MAILED, 0);
    loop {
        let progress = read(system, path).await?;
        most = most.max(progress.memory);
        if holds(&progress) {
            return Ok(Progress { memory: most, ..progress });
        }
        ensure!(Instant::now() < deadline, "{}", progress.mailing);
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// Waits until the mailing is in this state and none of its mails is pending.
async fn ended(system: &TestSystem, path: &str, state: &str) -> anyhow::Result<Progress> {
    let is_pending = |it: &Value| it["state"] == "PENDING";
    let holds = |it: &Progress| {
        let counts = it.mailing["counts"].as_array();
        it.mailing["state"] == state && counts.is_some_and(|it| !it.iter().any(is_pending))
    };
    wait_until(system, path, holds).await
}

/// The persons whose mail is named uncertain in the delivery watch.
async fn uncertain(system: &TestSystem) -> anyhow::Result<Vec<String>> {
    let client = system.caller.with(tokens::DELIVERY_READ);
    let (mut persons, mut next) = (Vec::new(), None);
    loop {
        let mut asked = vec![("reason", "UNCERTAIN"), ("limit", "100")];
        asked.extend(next.as_deref().map(|next| ("cursor", next)));
        let page = client.delivery_watch(&asked).await?;
        let following = page.next();
        persons.extend(page.data()?.into_iter().map(|entry| entry.person_id));
        if following.is_none() {
            return Ok(persons);
        }
        next = following;
    }
}
