//! Applications complete, and runs of retention delete, report, wait for each other and go on.

use std::process::Output;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use madoguchi_journey::caller::HttpAnswer;
use madoguchi_journey::contacts::{Recipient, Staff};
use madoguchi_journey::crowd::work_through;
use madoguchi_journey::database::Store;
use madoguchi_journey::process::Process;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::{on_both_databases, tokens};
use serde_json::{Value, json};
use tokio::time::sleep;

on_both_databases!(
    a_run_deletes_what_is_over_and_reports_what_is_unanswered,
    a_run_that_was_killed_goes_on_and_runs_take_turns,
    a_hold_that_is_placed_during_a_run_stops_it,
    of_twenty_raced_completions_one_day_is_recorded,
    the_commands_say_what_is_wrong,
);

/// Completed then, everything here is over.
const LONG_AGO: &str = "2020-10-22T12:00:00+09:00";

async fn complete(system: &TestSystem, id: &str, at: &str) -> anyhow::Result<HttpAnswer> {
    let path = format!("/api/v1/applications/{id}/completion");
    let body = json!({ "completedAt": at });
    Ok(system.caller.post(&path, tokens::APPLICATION_WRITE, &body).await?)
}

/// Runs a command; returns its exit code, standard output and standard error.
fn run(system: &TestSystem, name: &str) -> anyhow::Result<(Option<i32>, String, String)> {
    let ended: Output = tokio::task::block_in_place(|| system.installation.run(name))?;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Ok((ended.status.code(), text(&ended.stdout), text(&ended.stderr)))
}

fn request(recipient: &Recipient, application: Option<&str>, kind: &str) -> Value {
    let mut body = recipient.request_with("applicationId", application);
    body["type"] = kind.into();
    if kind == "NOTICE" {
        body["actionKind"] = Value::Null;
    }
    body
}

async fn a_run_deletes_what_is_over_and_reports_what_is_unanswered(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::own(store, Vec::new()).await?;
    let (staff, recipient) =
        (Staff::person(&system, "author"), Recipient::registered(&system).await?);
    let write =
        async |application, kind| staff.added(&request(&recipient, application, kind)).await;
    let notice = write(Some("APP-1"), "NOTICE").await?;
    let answered = write(Some("APP-1"), "ACTION_REQUEST").await?;
    staff.updates(&answered, json!({ "answerStatus": "ANSWERED" })).await?.data()?;
    let unanswered = write(Some("APP-1"), "ACTION_REQUEST").await?;
    let other = write(Some("APP-2"), "NOTICE").await?;
    let of_none = write(None, "NOTICE").await?;
    ensure!(complete(&system, "APP-3", LONG_AGO).await?.status == 404, "nobody names it");
    ensure!(complete(&system, "APP-1", LONG_AGO).await?.status == 200, "it completes");
    let (code, plan, said) = run(&system, "retention plan --csv")?;
    ensure!(code == Some(0), "{said}");
    let what = |id: &str| plan.lines().find(|it| it.starts_with(id)).map(str::to_owned);
    let expected = |id: &str, what: &str| {
        Some(format!("{id},{},APP-1,2020-12-22T15:00:00Z,{what}", recipient.person))
    };
    assert_eq!(what(&notice), expected(&notice, "DELETE"));
    assert_eq!(what(&answered), expected(&answered, "DELETE"));
    assert_eq!(what(&unanswered), expected(&unanswered, "REPORT"));
    assert_eq!((what(&other), what(&of_none)), (None, None));
    let state = async |id: &str| anyhow::Ok(staff.reads(id).await?["state"].clone());
    assert_eq!(state(&notice).await?, "DRAFT", "a plan changes nothing");
    let (code, _, said) = run(&system, "retention run")?;
    ensure!(code == Some(0) && said.contains("2 deleted, 1 reported as unanswered"), "{said}");
    for (id, expected) in [
        (&notice, "DELETED"),
        (&answered, "DELETED"),
        (&unanswered, "DRAFT"),
        (&other, "DRAFT"),
        (&of_none, "DRAFT"),
    ] {
        assert_eq!(state(id).await?, expected);
    }
    let deleted = staff.reads(&notice).await?;
    assert_eq!(deleted["deleted"]["kind"], "SYSTEM", "{deleted}");
    let listed = system.caller.get("/api/v1/retention/unanswered", tokens::CONTACT_READ).await?;
    let listed = listed.data()?;
    assert_eq!((listed[0]["contactId"].as_str(), listed[1].as_str()), (Some(&*unanswered), None));
    let (code, _, said) = run(&system, "retention run")?;
    ensure!(code == Some(0) && said.contains("0 deleted, 0 reported"), "again nothing: {said}");
    let (_, plan, _) = run(&system, "retention plan --day 2020-12-22")?;
    ensure!(plan.contains("0 contacts would be deleted"), "on the last day nothing: {plan}");
    Ok(())
}

/// Notices to one person about one application that completed long ago.
async fn overdue(
    system: &Arc<TestSystem>,
    count: usize,
) -> anyhow::Result<(Recipient, Vec<String>)> {
    let recipient = Recipient::registered(system).await?;
    let body = request(&recipient, Some("APP-1"), "NOTICE");
    let on = Arc::clone(system);
    let written = work_through(8, (0..count).collect(), move |_| {
        let (system, body) = (Arc::clone(&on), body.clone());
        async move { Staff::person(&system, "author").added(&body).await }
    });
    let ids = written.await?;
    ensure!(complete(system, "APP-1", LONG_AGO).await?.status == 200, "it completes");
    Ok((recipient, ids))
}

fn start(system: &TestSystem, name: &str) -> anyhow::Result<Process> {
    let log = system.installation.log().with_file_name("retention.log");
    tokio::task::block_in_place(|| Process::start(system.installation.command(name), &log))
}

async fn deleted(system: &TestSystem, ids: &[String]) -> anyhow::Result<usize> {
    let mut count = 0;
    for id in ids {
        let contact = Staff::person(system, "author").reads(id).await?;
        count += usize::from(contact["state"] == "DELETED");
    }
    Ok(count)
}

/// Until at least this many are deleted.
async fn until_deleted(system: &TestSystem, ids: &[String], least: usize) -> anyhow::Result<()> {
    for _ in 0..600 {
        if deleted(system, ids).await? >= least {
            return Ok(());
        }
        sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("nothing is deleted in time")
}

async fn a_run_that_was_killed_goes_on_and_runs_take_turns(store: Store) -> anyhow::Result<()> {
    const COUNT: usize = 120;
    let system = Arc::new(TestSystem::own(store, Vec::new()).await?);
    let (_, ids) = overdue(&system, COUNT).await?;
    let mut first = start(&system, "retention run --per-second 20")?;
    until_deleted(&system, &ids, 1).await?;
    let (code, _, said) = run(&system, "retention run")?;
    ensure!(code == Some(1) && said.contains("another process runs retention now"), "{said}");
    tokio::task::block_in_place(|| first.kill())?;
    let left = COUNT - deleted(&system, &ids).await?;
    ensure!(left > 0, "it was killed at work");
    let mut ended = run(&system, "retention run")?;
    for _ in 0..60 {
        if ended.0 == Some(0) {
            break;
        }
        sleep(Duration::from_millis(500)).await;
        ended = run(&system, "retention run")?;
    }
    ensure!(ended.0 == Some(0), "the next one goes on: {}", ended.2);
    assert_eq!(deleted(&system, &ids).await?, COUNT);
    for id in &ids {
        let path = format!("/api/v1/contacts/{id}/history");
        let history = system.caller.get(&path, tokens::CONTACT_READ).await?.data()?;
        let events = history.as_array().context("a list")?;
        assert_eq!(events.len(), 2, "deleted once: {history}");
    }
    Ok(())
}

async fn a_hold_that_is_placed_during_a_run_stops_it(store: Store) -> anyhow::Result<()> {
    const COUNT: usize = 120;
    let system = Arc::new(TestSystem::own(store, Vec::new()).await?);
    let (recipient, ids) = overdue(&system, COUNT).await?;
    let mut running = start(&system, "retention run --per-second 20")?;
    until_deleted(&system, &ids, 1).await?;
    let body = json!({ "personId": recipient.person, "reason": "訴訟" });
    let placed = system.caller.post("/api/v1/holds", tokens::OPERATOR, &body).await?;
    let gone = deleted(&system, &ids).await?;
    ensure!(placed.status == 201 && gone < COUNT, "it is placed at work: {placed:?}");
    let ended = tokio::task::block_in_place(|| running.wait(Duration::from_secs(60)))?;
    ensure!(ended.success(), "the run ends: {}", running.said()?);
    assert_eq!(deleted(&system, &ids).await?, gone, "nothing is deleted under the hold");
    let (_, plan, _) = run(&system, "retention plan")?;
    let held = format!("{:>10} contacts would be kept only because of a legal hold", COUNT - gone);
    ensure!(plan.contains(&held), "{plan}");
    let id = placed.data()?["holdId"].as_str().context("holdId")?.to_owned();
    let release = format!("/api/v1/holds/{id}/release");
    system.caller.post(&release, tokens::OPERATOR, &json!({})).await?.data()?;
    let (code, _, said) = run(&system, "retention run")?;
    ensure!(code == Some(0), "{said}");
    assert_eq!(deleted(&system, &ids).await?, COUNT);
    Ok(())
}

async fn of_twenty_raced_completions_one_day_is_recorded(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let recipient = Recipient::registered(&system).await?;
    let id = format!("APP-{}", recipient.person);
    Staff::person(&system, "author").added(&request(&recipient, Some(&id), "NOTICE")).await?;
    let on = Arc::clone(&system);
    let raced = work_through(20, (1..=20_usize).collect(), move |day| {
        let (system, id) = (Arc::clone(&on), id.clone());
        async move {
            let at = format!("2026-01-{day:02}T12:00:00+09:00");
            complete(&system, &id, &at).await
        }
    });
    let mut statuses: Vec<u16> = raced.await?.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses.split_first(), Some((&200, &[409; 19][..])));
    Ok(())
}

async fn the_commands_say_what_is_wrong(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    for (name, sentence) in [
        ("retention plan --day 2026-02-30", "must be a day such as 2027-02-01"),
        ("retention run --per-second 0", "must be a whole number from 1 to 10000"),
    ] {
        let (code, _, said) = run(&system, name)?;
        ensure!(code == Some(2) && said.contains(sentence), "{name}: {said}");
    }
    Ok(())
}
