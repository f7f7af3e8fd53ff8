//! The delivery watch: each reason appears and ends, and mails that came back are read.

use std::fs;

use anyhow::{Context, ensure};
use madoguchi_client::{Method, WatchAnswer};
use madoguchi_journey::bounces::{failure_report, message_id, report};
use madoguchi_journey::caller::{HttpAnswer, is_refusal};
use madoguchi_journey::canaries::Canaries;
use madoguchi_journey::database::Store;
use madoguchi_journey::mails::{Addressee, moved};
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::{on_both_databases, tokens};
use serde_json::{Value, json};

on_both_databases!(
    who_stopped_mail_is_watched_until_it_is_resumed,
    what_failed_or_is_uncertain_is_watched_until_a_mail_is_sent,
    a_mail_that_came_back_is_watched_until_the_address_changes,
    customers_with_one_address_are_watched_until_one_changes_it,
    the_watch_is_read_page_by_page_and_as_csv,
    reports_in_a_directory_are_read_once,
    no_address_is_in_clear_anywhere,
);

/// The entries with these parameters.
async fn watch(
    system: &TestSystem,
    parameters: &[(&str, &str)],
) -> anyhow::Result<Vec<WatchAnswer>> {
    let answer = system.caller.with(tokens::DELIVERY_READ).delivery_watch(parameters).await?;
    ensure!(answer.status == 200, "{answer:?}");
    Ok(answer.data()?)
}

/// The reasons of a person, each with its last result, newest first.
async fn reasons(
    system: &TestSystem,
    person: &Addressee,
) -> anyhow::Result<Vec<(String, Option<String>)>> {
    let entries = watch(system, &[("personId", &person.recipient.person)]).await?;
    Ok(entries.into_iter().map(|it| (it.reason, it.last_result)).collect())
}

fn reason(name: &str, last: Option<&str>) -> Vec<(String, Option<String>)> {
    vec![(name.to_owned(), last.map(str::to_owned))]
}

/// A mail to the person, and its id.
async fn mailed(system: &TestSystem, person: &Addressee) -> anyhow::Result<(String, Value)> {
    let id = person.approved(system, &person.recipient.request()).await?;
    let mail = moved(system, &id).await?;
    Ok((mail["mailId"].as_str().context("mailId")?.to_owned(), mail["state"].clone()))
}

async fn reported(system: &TestSystem, message: String) -> anyhow::Result<HttpAnswer> {
    let reporter = system.caller.with(tokens::DELIVERY_WRITE);
    Ok(reporter.report_delivery(message).await?.untyped())
}

async fn who_stopped_mail_is_watched_until_it_is_resumed(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let person = Addressee::named(&system, "PER-WATCH-STOP").await?;
    person.changes(&system, json!({ "mailStopped": true, "mailStopReason": "wish" })).await?;
    assert_eq!(reasons(&system, &person).await?, reason("STOPPED", Some("MAIL_STOPPED")));
    person.changes(&system, json!({ "mailStopped": false })).await?;
    assert_eq!(reasons(&system, &person).await?, []);
    let account = format!("/api/v1/accounts/{}", person.recipient.account);
    for (on, expected) in [(false, reason("STOPPED", Some("NOTIFICATION_OFF"))), (true, Vec::new())]
    {
        let body = json!({ "mailNotification": on });
        let caller = &system.caller;
        let switched = caller.call(Method::PATCH, &account, tokens::PERSON_WRITE, &body).await?;
        ensure!(switched.status == 200, "{switched:?}");
        assert_eq!(reasons(&system, &person).await?, expected);
    }
    Ok(())
}

async fn what_failed_or_is_uncertain_is_watched_until_a_mail_is_sent(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    for (number, scenario, name, last) in [
        (1, "reject_recipient", "FAILED", Some("SMTP_550")),
        (2, "cut_after_dot", "UNCERTAIN", None),
    ] {
        let person = Addressee::named(&system, &format!("PER-WATCH-MAIL-{number}")).await?;
        system.world.plays("smtp", scenario, Some(&person.email), Some(1)).await?;
        let (mail, state) = mailed(&system, &person).await?;
        assert_eq!(state, name);
        assert_eq!(reasons(&system, &person).await?, reason(name, last));
        let entries = watch(&system, &[("personId", &person.recipient.person)]).await?;
        assert_eq!(entries[0].mail_id.as_deref(), Some(&*mail));
        let contact = entries[0].contact_id.as_deref().context("contactId")?;
        ensure!(contact.len() == 36, "{contact}");
        assert_eq!(mailed(&system, &person).await?.1, "SENT");
        assert_eq!(reasons(&system, &person).await?, [], "{scenario}");
    }
    Ok(())
}

async fn a_mail_that_came_back_is_watched_until_the_address_changes(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let person = Addressee::named(&system, "PER-WATCH-BOUNCE").await?;
    let (mail, _) = mailed(&system, &person).await?;
    let id = message_id(&mail);
    for (action, status) in [("delayed", "4.4.1"), ("delivered", "2.1.5"), ("relayed", "2.0.0")] {
        let answer = reported(&system, report(&id, action, status, &person.email)).await?;
        assert_eq!(answer.data()?["hasBounced"], false, "{action}");
    }
    assert_eq!(reasons(&system, &person).await?, []);
    // Whatever address it names.
    let bounced = report(&id, "failed", "5.2.2", "another@example.com");
    let client = system.caller.with(tokens::DELIVERY_WRITE).with_idempotency_key("bounce-1");
    let first = client.report_delivery(bounced.clone()).await?;
    ensure!(first.status == 200 && !first.is_replayed, "{first:?}");
    let again = client.report_delivery(bounced).await?;
    ensure!(again.is_replayed && again.body == first.body, "{again:?}");
    let second = reported(&system, failure_report(&id)).await?.data()?;
    assert_eq!(second, json!({ "mailId": mail, "status": "5.2.2", "hasBounced": true }));
    assert_eq!(reasons(&system, &person).await?, reason("BOUNCED", Some("5.2.2")));
    person.changes(&system, json!({ "phone": "+819011112222" })).await?;
    assert_eq!(reasons(&system, &person).await?.len(), 1, "another detail");
    person.changes(&system, json!({ "email": "watch.moved@example.com" })).await?;
    assert_eq!(reasons(&system, &person).await?, []);
    // A mail that was not sent cannot come back, and others are not ours.
    let other = failure_report(&message_id(&"7".repeat(32)));
    let answer = reported(&system, other).await?;
    ensure!(is_refusal(&answer, 404, "MAIL_NOT_FOUND"), "{answer:?}");
    let elsewhere = failure_report(&id.replace("mail.example.com", "example.org"));
    let answer = reported(&system, elsewhere).await?;
    ensure!(is_refusal(&answer, 404, "MAIL_NOT_FOUND"), "{answer:?}");
    let part = "--4Fx/mx\r\nContent-Type: text/plain\r\n\r\nx\r\n".repeat(1000);
    let wide = failure_report(&id).replacen("--4Fx/mx", &format!("{part}--4Fx/mx"), 1);
    let answer = reported(&system, wide).await?;
    ensure!(is_refusal(&answer, 400, "REPORT_UNREADABLE"), "{answer:?}");
    let nested = "Content-Type: message/rfc822\r\n\r\n".repeat(1000);
    let deep = failure_report(&id).replace("From: noreply", &format!("{nested}From: noreply"));
    let answer = reported(&system, deep).await?;
    ensure!(is_refusal(&answer, 400, "REPORT_UNREADABLE"), "{answer:?}");
    let huge = failure_report(&id) + &"x".repeat(10 * 1024 * 1024);
    // The server refuses it before it has read it: the connection may end while it is written.
    if let Ok(answer) = reported(&system, huge).await {
        ensure!(is_refusal(&answer, 413, "TOO_LARGE"), "{answer:?}");
    }
    assert_eq!(reasons(&system, &person).await?, [], "it served on, and recorded nothing");
    Ok(())
}

async fn customers_with_one_address_are_watched_until_one_changes_it(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let named = async |name: &str| {
        Addressee::with_email(&system, "watch.same", &format!("PER-WATCH-{name}")).await
    };
    let (one, two) = (named("SAME-1").await?, named("SAME-2").await?);
    for (person, other) in [(&one, &two), (&two, &one)] {
        let entries = watch(&system, &[("personId", &person.recipient.person)]).await?;
        assert_eq!(entries.len(), 1);
        let expected = (Some(&*other.recipient.person), "SAME_EMAIL");
        assert_eq!((entries[0].other_person_id.as_deref(), &*entries[0].reason), expected);
    }
    for person in [&one, &two] {
        person.changes(&system, json!({ "phone": "+819033334444" })).await?;
    }
    let both = [("SAME_PHONE".to_owned(), None), ("SAME_EMAIL".to_owned(), None)];
    assert_eq!(reasons(&system, &one).await?, both);
    two.changes(&system, json!({ "email": "watch.two@example.com" })).await?;
    assert_eq!(reasons(&system, &one).await?, reason("SAME_PHONE", None));
    two.changes(&system, json!({ "phone": "+819055556666" })).await?;
    for person in [&one, &two] {
        assert_eq!(reasons(&system, person).await?, []);
    }
    Ok(())
}

async fn the_watch_is_read_page_by_page_and_as_csv(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::own(store, Vec::new()).await?;
    for number in 0..7 {
        let person = Addressee::named(&system, &format!("PER-PAGE-{number}")).await?;
        person.changes(&system, json!({ "mailStopped": true, "mailStopReason": "wish" })).await?;
    }
    let client = system.caller.with(tokens::DELIVERY_READ);
    let whole = watch(&system, &[("reason", "STOPPED")]).await?;
    assert_eq!(whole.len(), 7);
    ensure!(whole.is_sorted_by(|one, other| one.since >= other.since), "newest first");
    let (mut read, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut parameters = vec![("reason", "STOPPED"), ("limit", "3")];
        parameters.extend(cursor.as_deref().map(|it| ("cursor", it)));
        let page = client.delivery_watch(&parameters).await?;
        cursor = page.next();
        read.extend(page.data()?);
        if cursor.is_none() {
            break;
        }
    }
    ensure!(read == whole, "each once");
    let page = client.delivery_watch(&[("limit", "3")]).await?;
    let foreign = page.next().context("a cursor")?;
    let effects = system.caller.get("/api/v1/effects?limit=1", tokens::OPERATOR).await?;
    ensure!(effects.status == 200);
    for (name, value) in [("reason", "STOPPED"), ("limit", "3"), ("from", "2026-01-01T00:00:00Z")] {
        let answer = client.delivery_watch(&[("cursor", &foreign), (name, value)]).await?;
        let is_own = name == "limit";
        ensure!((answer.status == 200) == is_own, "{name}: {answer:?}");
    }
    let mut forged = foreign.clone().into_bytes();
    forged[5] = if forged[5] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged)?;
    for cursor in ["x", &forged] {
        let answer = client.delivery_watch(&[("cursor", cursor)]).await?.untyped();
        ensure!(is_refusal(&answer, 400, "INVALID_REQUEST"), "{answer:?}");
    }
    let headers = [("Acstkn", tokens::DELIVERY_READ), ("Accept", "text/csv")];
    let path = "/api/v1/delivery-watch?reason=STOPPED";
    let csv = system.caller.call_with(Method::GET, path, &headers, &Value::Null).await?;
    let lines: Vec<&str> = csv.body.lines().collect();
    let columns = "personId,reason,lastResult,since,mailId,contactId,announcementId,otherPersonId";
    assert_eq!(lines[0], columns);
    let expected =
        whole.iter().map(|it| format!("{},STOPPED,MAIL_STOPPED,{},,,,", it.person_id, it.since));
    assert_eq!(lines[1..], expected.collect::<Vec<_>>());
    Ok(())
}

/// Runs the command; returns its exit code and standard error.
fn read_bounces(system: &TestSystem, folder: &str) -> anyhow::Result<(Option<i32>, String)> {
    let name = format!("bounces read --directory {folder}");
    let ended = tokio::task::block_in_place(|| system.installation.run(&name))?;
    Ok((ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned()))
}

async fn reports_in_a_directory_are_read_once(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::own(store, Vec::new()).await?;
    let person = Addressee::named(&system, "PER-WATCH-FILES").await?;
    let (mail, _) = mailed(&system, &person).await?;
    let id = message_id(&mail);
    let folder = system.installation.config().with_file_name("bounces");
    fs::create_dir(&folder)?;
    let write = |name: &str, text: &str| fs::write(folder.join(name), text);
    write("1.eml", &failure_report(&id))?;
    write("2.eml", &report(&id, "delayed", "4.4.1", &person.email))?;
    let (code, said) = read_bounces(&system, "bounces")?;
    assert_eq!(code, Some(0), "{said}");
    let summary = "2 messages read: 2 report a mail that came back, 0 a delay or a success, \
                   0 rejected";
    ensure!(said.lines().any(|line| line == summary), "{said}");
    write("1.eml", &failure_report(&id))?;
    write("3.eml", "Subject: canary\r\n\r\nI am on holiday")?;
    write("4.eml", &failure_report(&message_id(&"7".repeat(32))))?;
    write("5.eml", &"x".repeat(1024 * 1024 + 1))?;
    write(".6.eml", "still being written")?;
    let (code, said) = read_bounces(&system, "bounces")?;
    assert_eq!(code, Some(1), "{said}");
    for part in ["3.eml: ", "4.eml: the report names no mail of ours", "5.eml: the message is over"]
    {
        ensure!(said.contains(part), "{part}: {said}");
    }
    ensure!(!said.contains("canary") && !said.contains("@example.com"), "{said}");
    let names = |name: &str| -> anyhow::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder.join(name))? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort_unstable();
        Ok(names)
    };
    assert_eq!(names("")?, [".6.eml", "done", "rejected"]);
    assert_eq!(names("done")?, ["1.eml", "1.eml.1", "2.eml"]);
    assert_eq!(names("rejected")?, ["3.eml", "4.eml", "5.eml"]);
    assert_eq!(reasons(&system, &person).await?, reason("BOUNCED", Some("5.1.1")));
    assert_eq!(read_bounces(&system, "bounces")?.0, Some(0), "nothing is left");
    assert_eq!(read_bounces(&system, "nowhere")?.0, Some(2));
    Ok(())
}

async fn no_address_is_in_clear_anywhere(store: Store) -> anyhow::Result<()> {
    const CANARIES: Canaries = Canaries(&["canarywatch", "819077778888"]);
    let dir = tempfile::tempdir()?;
    let database = tokio::task::block_in_place(|| store.database(dir.path()));
    let system = TestSystem::on(&database, vec![("RUST_LOG", "trace".to_owned())]).await?;
    let mut answers = Vec::new();
    for number in 1..=2 {
        let name = format!("PER-CANARY-{number}");
        let person = Addressee::with_email(&system, "canarywatch", &name).await?;
        let body = json!({ "phone": "+819077778888" });
        person.changes(&system, body).await?;
        let (mail, _) = mailed(&system, &person).await?;
        let text = report(&message_id(&mail), "failed", "5.1.1", &person.email);
        answers.push(reported(&system, text.clone()).await?);
        answers.push(reported(&system, text.replace("Status", "Stand")).await?);
        person.changes(&system, json!({ "mailStopped": true, "mailStopReason": "x" })).await?;
    }
    let list = "/api/v1/delivery-watch";
    let listed = system.caller.get(list, tokens::DELIVERY_READ).await?;
    assert_eq!(listed.data()?.as_array().map(Vec::len), Some(8));
    answers.push(listed);
    let headers = [("Acstkn", tokens::DELIVERY_READ), ("Accept", "text/csv")];
    answers.push(system.caller.call_with(Method::GET, list, &headers, &Value::Null).await?);
    CANARIES.are_nowhere(&system, &database, &answers, "PER-CANARY-1").await
}
