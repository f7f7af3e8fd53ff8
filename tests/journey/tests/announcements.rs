//! Announcements over HTTP: submitted, approved by another person, mailed in batches, and seen.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use madoguchi_client::{ApiAnswer, Method};
use madoguchi_journey::caller::{HttpAnswer, is_refusal};
use madoguchi_journey::contacts::Staff;
use madoguchi_journey::crowd::work_through;
use madoguchi_journey::database::Store;
use madoguchi_journey::mails::Addressee;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::{on_both_databases, tokens};
use serde_json::{Value, json};
use tokio::time::Instant;

on_both_databases!(
    everyone_who_did_not_stop_mail_gets_one_after_the_release,
    a_stop_leaves_out_whoever_was_not_mailed_yet,
    another_person_approves_exactly_what_was_submitted,
    of_sixty_four_approvers_of_an_announcement_one_is_recorded,
);

const ALL: &str = "/api/v1/announcements";
const UNTIL_MAILED: Duration = Duration::from_secs(60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

async fn with_first_batch(store: Store, mails: u32) -> anyhow::Result<TestSystem> {
    TestSystem::own(store, vec![("CONTACTS__FIRST_BATCH", mails.to_string())]).await
}

async fn post(who: Staff<'_>, path: &str, body: Value) -> anyhow::Result<HttpAnswer> {
    who.send(Method::POST, path, &[], &body).await
}

/// Ann's announcement; its path.
async fn written(system: &TestSystem, mail: bool) -> anyhow::Result<String> {
    let body = json!({ "subject": "お知らせ", "body": "休止します。", "mail": mail });
    let added = post(Staff::person(system, "ann"), ALL, body).await?;
    ensure!(added.status == 201, "{added:?}");
    let id = added.data()?["announcementId"].as_str().context("an id")?.to_owned();
    Ok(format!("{ALL}/{id}"))
}

/// The same, submitted by Sue; its path and its hash.
async fn submitted(system: &TestSystem, mail: bool) -> anyhow::Result<(String, Value)> {
    let path = written(system, mail).await?;
    let sue = Staff::person(system, "sue");
    let submitted = post(sue, &format!("{path}/submission"), json!({})).await?;
    ensure!(submitted.status == 200, "{submitted:?}");
    let hash = submitted.data()?["contentHash"].clone();
    Ok((path, json!({ "contentHash": hash })))
}

async fn approved(system: &TestSystem, mail: bool) -> anyhow::Result<String> {
    let (path, seen) = submitted(system, mail).await?;
    let bob = Staff::person(system, "bob");
    let approved = post(bob, &format!("{path}/approval"), seen).await?;
    ensure!(approved.status == 200, "{approved:?}");
    Ok(path)
}

async fn read(system: &TestSystem, path: &str) -> anyhow::Result<Value> {
    let answer = Staff::person(system, "ann").send(Method::GET, path, &[], &Value::Null).await?;
    ensure!(answer.status == 200, "{answer:?}");
    Ok(answer.data()?)
}

/// Waits until the mailing is in this state and none of its mails is pending.
async fn mailed(system: &TestSystem, path: &str, state: &str) -> anyhow::Result<Value> {
    let deadline = Instant::now() + UNTIL_MAILED;
    loop {
        let mailing = read(system, path).await?["mailing"].clone();
        let counts = mailing["counts"].as_array().context("counts")?;
        if mailing["state"] == state && counts.iter().all(|it| it["state"] != "PENDING") {
            return Ok(mailing);
        }
        ensure!(Instant::now() < deadline, "{mailing}");
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

async fn addressees(system: &TestSystem, names: &[&str]) -> anyhow::Result<Vec<Addressee>> {
    let mut all = Vec::new();
    for name in names {
        all.push(Addressee::named(system, name).await?);
    }
    Ok(all)
}

async fn mails(system: &TestSystem, all: &[Addressee]) -> anyhow::Result<Vec<usize>> {
    let mut counts = Vec::new();
    for addressee in all {
        counts.push(addressee.mailbox(system).await?.len());
    }
    Ok(counts)
}

async fn everyone_who_did_not_stop_mail_gets_one_after_the_release(
    store: Store,
) -> anyhow::Result<()> {
    let system = with_first_batch(store, 2).await?;
    let mut all = addressees(&system, &["PER-A1", "PER-A2", "PER-A3", tokens::CUSTOMER]).await?;
    all[2].changes(&system, json!({ "mailStopped": true, "mailStopReason": "wish" })).await?;
    let path = approved(&system, true).await?;
    let held = mailed(&system, &path, "HELD").await?;
    assert_eq!(held["planned"], 2);
    assert_eq!(mails(&system, &all).await?, [1, 1, 0, 0]);
    all.extend(addressees(&system, &["PER-LATE"]).await?);
    let ann = Staff::person(&system, "ann");
    ensure!(post(ann, &format!("{path}/release"), json!({})).await?.status == 200);
    let twice = post(ann, &format!("{path}/release"), json!({})).await?;
    ensure!(is_refusal(&twice, 409, "ANNOUNCEMENT_NOT_HELD"), "{twice:?}");
    let planned = mailed(&system, &path, "PLANNED").await?;
    let counts = json!([
        { "state": "SENT", "reason": null, "count": 3 },
        { "state": "SUPPRESSED", "reason": "MAIL_STOPPED", "count": 1 },
    ]);
    assert_eq!(planned["counts"], counts);
    assert_eq!(mails(&system, &all).await?, [1, 1, 0, 1, 0]);
    seen_and_read(&system, &path).await
}

/// The customer sees it among the messages, and reads it once.
async fn seen_and_read(system: &TestSystem, path: &str) -> anyhow::Result<()> {
    let messages = format!("/api/v1/persons/{}/messages", tokens::CUSTOMER);
    let seen = system.caller.get(&messages, tokens::CONTACT_ANSWER).await?.data()?;
    assert_eq!((&seen[0]["type"], &seen[0]["readAt"]), (&json!("ANNOUNCEMENT"), &json!(null)));
    let headers = [("Acstkn", tokens::CONTACT_ANSWER)];
    for _ in 0..2 {
        let reading = format!("{path}/reading");
        let put = system.caller.call_with(Method::PUT, &reading, &headers, &json!({})).await?;
        ensure!(put.status == 200, "{put:?}");
    }
    let seen = system.caller.get(&messages, tokens::CONTACT_ANSWER).await?.data()?;
    ensure!(seen[0]["readAt"].is_string(), "{seen}");
    let late = "/api/v1/persons/PER-LATE/messages";
    let none = system.caller.get(late, tokens::CONTACT_ANSWER_ANY).await?.data()?;
    assert_eq!(none, json!([]));
    my_page_reads(system, path).await
}

/// A My page reads for the person that it names; a customer only for itself.
async fn my_page_reads(system: &TestSystem, path: &str) -> anyhow::Result<()> {
    let (customer, my_page) = (tokens::CONTACT_ANSWER, tokens::CONTACT_ANSWER_ANY);
    for (token, body, status) in [
        (my_page, json!({}), 400),
        (my_page, json!({ "personId": "PER-A1" }), 200),
        (my_page, json!({ "personId": "PER-LATE" }), 404),
        (customer, json!({ "personId": "PER-A1" }), 404),
        (customer, json!({ "personId": tokens::CUSTOMER }), 200),
    ] {
        let client = system.caller.with(token);
        let reading = format!("{path}/reading");
        let put: ApiAnswer<Value> = client.send(Method::PUT, &reading, &[], Some(&body)).await?;
        ensure!(put.status == status, "{body}: {put:?}");
    }
    let messages = "/api/v1/persons/PER-A1/messages";
    let seen = system.caller.get(messages, my_page).await?.data()?;
    ensure!(seen[0]["readAt"].is_string(), "{seen}");
    Ok(())
}

async fn a_stop_leaves_out_whoever_was_not_mailed_yet(store: Store) -> anyhow::Result<()> {
    let system = with_first_batch(store, 1).await?;
    let all = addressees(&system, &["PER-S1", "PER-S2", "PER-S3"]).await?;
    let path = approved(&system, true).await?;
    mailed(&system, &path, "HELD").await?;
    let bob = Staff::person(&system, "bob");
    for _ in 0..2 {
        ensure!(post(bob, &format!("{path}/stop"), json!({})).await?.status == 200, "twice, too");
    }
    let ann = Staff::person(&system, "ann");
    let released = post(ann, &format!("{path}/release"), json!({})).await?;
    ensure!(is_refusal(&released, 409, "ANNOUNCEMENT_NOT_HELD"), "{released:?}");
    // Longer than the job's interval.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let stopped = mailed(&system, &path, "STOPPED").await?;
    let counts = json!([
        { "state": "NONE", "reason": null, "count": 2 },
        { "state": "SENT", "reason": null, "count": 1 },
    ]);
    assert_eq!(stopped["counts"], counts);
    assert_eq!(mails(&system, &all).await?, [1, 0, 0]);
    Ok(())
}

async fn another_person_approves_exactly_what_was_submitted(store: Store) -> anyhow::Result<()> {
    let system = with_first_batch(store, 1).await?;
    let draft = written(&system, false).await?;
    let [ann, sue, bob] = ["ann", "sue", "bob"].map(|name| Staff::person(&system, name));
    let empty = post(sue, &format!("{draft}/submission"), json!({})).await?;
    ensure!(is_refusal(&empty, 409, "ANNOUNCEMENT_WITHOUT_RECIPIENTS"), "{empty:?}");
    Addressee::named(&system, "PER-ONE").await?;
    let (path, seen) = submitted(&system, false).await?;
    let approval = format!("{path}/approval");
    for own in [ann, sue, Staff::person(&system, "SUE"), Staff::program(&system)] {
        let refused = post(own, &approval, seen.clone()).await?;
        ensure!(is_refusal(&refused, 403, "FOUR_EYES"), "{refused:?}");
    }
    Addressee::named(&system, "PER-TWO").await?;
    ensure!(post(sue, &format!("{path}/submission"), json!({})).await?.status == 200);
    let moved = post(bob, &approval, seen.clone()).await?;
    ensure!(is_refusal(&moved, 412, "CONTENT_MOVED"), "the recipients are others: {moved:?}");
    let edit = json!({ "subject": "訂正" });
    let stale = ann.send(Method::PUT, &path, &[("If-Match", "\"1\"")], &edit).await?;
    ensure!(is_refusal(&stale, 412, "PRECONDITION_FAILED"), "{stale:?}");
    let edited = ann.send(Method::PUT, &path, &[("If-Match", "*")], &edit).await?;
    ensure!(edited.status == 200 && edited.data()?["state"] == "DRAFT", "{edited:?}");
    let late = post(bob, &approval, seen).await?;
    ensure!(is_refusal(&late, 412, "CONTENT_MOVED"), "the content is another: {late:?}");
    let seen = json!({ "contentHash": edited.data()?["contentHash"] });
    let draft = post(bob, &approval, seen).await?;
    ensure!(is_refusal(&draft, 409, "ANNOUNCEMENT_NOT_SUBMITTED"), "{draft:?}");
    let plain = approved(&system, false).await?;
    assert_eq!(read(&system, &plain).await?["mailing"], json!(null));
    let none = post(ann, &format!("{plain}/release"), json!({})).await?;
    ensure!(is_refusal(&none, 409, "ANNOUNCEMENT_WITHOUT_MAILS"), "{none:?}");
    let again = post(bob, &format!("{plain}/rejection"), json!({ "reason": "late" })).await?;
    ensure!(is_refusal(&again, 409, "APPROVAL_CLOSED"), "{again:?}");
    Ok(())
}

async fn of_sixty_four_approvers_of_an_announcement_one_is_recorded(
    store: Store,
) -> anyhow::Result<()> {
    let system = Arc::new(with_first_batch(store, 1).await?);
    Addressee::named(&system, "PER-ONE").await?;
    let (path, seen) = submitted(&system, true).await?;
    let (on, approval) = (Arc::clone(&system), format!("{path}/approval"));
    let answers = work_through(64, (0..64).collect(), move |number: u32| {
        let (system, approval, seen) = (Arc::clone(&on), approval.clone(), seen.clone());
        async move {
            let name = format!("approver-{number}");
            post(Staff::person(&system, &name), &approval, seen).await
        }
    });
    let answers: Vec<HttpAnswer> = answers.await?;
    let approved = answers.iter().filter(|it| it.status == 200).count();
    let late = answers.iter().filter(|it| is_refusal(it, 409, "APPROVAL_CLOSED")).count();
    assert_eq!((approved, approved + late), (1, 64), "{answers:?}");
    Ok(())
}
