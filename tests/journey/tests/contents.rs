//! What contacts say is in clear in no log, error, metric, audit row or database file.

use anyhow::ensure;
use madoguchi_client::Method;
use madoguchi_journey::audit_rows::AuditRows;
use madoguchi_journey::caller::HttpAnswer;
use madoguchi_journey::canaries::Canaries;
use madoguchi_journey::contacts::{CONTACTS, Recipient, Staff, answers, path};
use madoguchi_journey::database::Store;
use madoguchi_journey::mails::{Addressee, moved};
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::{on_both_databases, tokens};
use serde_json::{Value, json};

on_both_databases!(
    what_a_contact_says_is_in_clear_nowhere,
    what_an_announcement_says_is_in_clear_nowhere,
    what_a_mail_needs_is_in_clear_nowhere,
);

/// Parts of every personal value that is sent here, valid or not.
const CANARIES: Canaries = Canaries(&[
    "sparrowsubject",
    "sparrowbody",
    "sparrowlink",
    "sparrowsender",
    "sparrowreason",
    "sparrowanswer",
    "SPARROW-1",
    "SPARROW-2",
    "sparrowbad",
    "sparrowname",
    "sparrowkey",
]);

async fn what_a_contact_says_is_in_clear_nowhere(store: Store) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let database = tokio::task::block_in_place(|| store.database(dir.path()));
    let system = TestSystem::on(&database, vec![("RUST_LOG", "trace".to_owned())]).await?;
    let person = Recipient::named(&system, "PER-SPOKEN").await?;
    let mut seen = written(&system, &person).await?;
    seen.extend(refused(&system, &person).await?);
    seen.extend(read(&system, &person).await?);
    let audit = AuditRows::read(&database)?;
    for action in ["added", "edited", "approved", "rejected", "answered", "deleted"] {
        ensure!(audit.tells(&format!("contact.{action}")), "{action} is recorded");
    }
    CANARIES.are_nowhere(&system, &database, &seen, "PER-SPOKEN").await
}

/// Parts of every text of an announcement that is sent here, valid or not.
const OF_ANNOUNCEMENTS: Canaries =
    Canaries(&["finchsubject", "finchbody", "finchlink", "finchreason", "finchbad", "finchkey"]);

async fn what_an_announcement_says_is_in_clear_nowhere(store: Store) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let database = tokio::task::block_in_place(|| store.database(dir.path()));
    let system = TestSystem::on(&database, vec![("RUST_LOG", "trace".to_owned())]).await?;
    Recipient::named(&system, "PER-ADDRESSED").await?;
    let [ann, bob] = ["ann", "bob"].map(|name| Staff::person(&system, name));
    let all = "/api/v1/announcements";
    let body = json!({
        "subject": "finchsubject", "body": "finchbody",
        "link": "https://my.example.com/finchlink",
    });
    let key = [("Idempotency-Key", "finchkey")];
    let mut seen = vec![ann.send(Method::POST, all, &key, &body).await?];
    let id = seen[0].data()?["announcementId"].as_str().unwrap_or_default().to_owned();
    let path = |rest: &str| format!("{all}/{id}{rest}");
    for (who, rest, body) in
        [(ann, "/submission", json!({})), (bob, "/rejection", json!({ "reason": "finchreason" }))]
    {
        seen.push(who.send(Method::POST, &path(rest), &[], &body).await?);
    }
    let edit = json!({ "subject": "finchsubject 2" });
    seen.push(ann.send(Method::PUT, &path(""), &[("If-Match", "*")], &edit).await?);
    let statuses: Vec<u16> = seen.iter().map(|answer| answer.status).collect();
    ensure!(statuses == [201, 200, 200, 200], "{statuses:?}");
    for bad in [
        json!({ "subject": "finchbad\n", "body": "b" }),
        json!({ "subject": "s", "body": ["finchbad"] }),
        json!({ "subject": "s", "body": "b", "finchbad": 1 }),
    ] {
        let refused = ann.send(Method::POST, all, &[], &bad).await?;
        ensure!(refused.status == 400, "{refused:?}");
        seen.push(refused);
    }
    OF_ANNOUNCEMENTS.are_nowhere(&system, &database, &seen, "PER-ADDRESSED").await
}

/// User and password as `AUTH PLAIN` sends them: in Base64, each after a zero byte.
const SENT_LOGIN: &str = "AHNwYXJyb3d1c2VyAHNwYXJyb3dwYXNzd29yZA";

/// Parts of the addresses and of the credentials that mails need, and of their subject.
const OF_MAILS: Canaries = Canaries(&[
    "sparrowmail",
    "sparrowuser",
    "sparrowpassword",
    SENT_LOGIN,
    "sparrowbank",
    "マイページにお知らせ",
]);

/// Mails that are sent, refused, deferred, uncertain and suppressed, with a login.
async fn what_a_mail_needs_is_in_clear_nowhere(store: Store) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let database = tokio::task::block_in_place(|| store.database(dir.path()));
    let password = tempfile::NamedTempFile::new()?;
    std::fs::write(password.path(), "sparrowpassword")?;
    let changed = [
        ("RUST_LOG", "trace"),
        ("MAIL__FROM_NAME", "sparrowbank"),
        ("MAIL__SMTP_USER", "sparrowuser"),
        ("MAIL__SMTP_PASSWORD_FILE", password.path().to_str().unwrap_or_default()),
    ];
    let changed = changed.map(|(key, value)| (key, value.to_owned())).into();
    let system = TestSystem::on(&database, changed).await?;
    let mut seen = Vec::new();
    for (number, (name, scenario, state)) in (1..).zip([
        ("sparrowmail-1", "ok", "SENT"),
        ("sparrowmail-2", "reject_recipient", "FAILED"),
        ("sparrowmail-3", "cut_after_dot", "UNCERTAIN"),
        ("sparrowmail-4", "defer", "SENT"),
        ("sparrowmail-5", "garbage", "UNCERTAIN"),
        ("sparrowmail-6", "cut_before_data", "SENT"),
    ]) {
        let id = format!("PER-POST-{number}");
        let person = Addressee::with_email(&system, name, &id).await?;
        system.world.plays("smtp", scenario, Some(&person.email), Some(1)).await?;
        let id = person.approved(&system, &person.recipient.request()).await?;
        assert_eq!(moved(&system, &id).await?["state"], state, "{scenario}");
        let staff = Staff::person(&system, "author");
        seen.push(staff.send(Method::GET, &path(&id), &[], &Value::Null).await?);
    }
    let received = system.world.received("smtp").await?;
    ensure!(received.iter().all(|it| it["login"] == "***"), "it logs in");
    OF_MAILS.are_nowhere(&system, &database, &seen, "PER-POST").await
}

fn contact(person: &Recipient) -> Value {
    let mut body = person.request();
    body["subject"] = "sparrowsubject 1".into();
    body["body"] = "sparrowbody 1".into();
    body["link"] = "https://my.example.com/sparrowlink".into();
    body["policyNumber"] = "SPARROW-1".into();
    body["sender"]["name"] = "sparrowsender 1".into();
    body
}

/// Every act that writes a value, with an idempotency key where there can be one.
async fn written(system: &TestSystem, person: &Recipient) -> anyhow::Result<Vec<HttpAnswer>> {
    let [author, approver] = ["author", "approver"].map(|name| Staff::person(system, name));
    let key = [("Idempotency-Key", "sparrowkey-1")];
    let added = author.send(Method::POST, CONTACTS, &key, &contact(person)).await?;
    let again = author.send(Method::POST, CONTACTS, &key, &contact(person)).await?;
    ensure!(again.is_replayed, "{again:?}");
    let id = added.data()?["contactId"].as_str().unwrap_or_default().to_owned();
    let edit = json!({ "subject": "sparrowsubject 2", "policyNumber": "SPARROW-2" });
    let reject = json!({ "reject": { "reason": "sparrowreason" } });
    let mut all = vec![added, again];
    all.push(approver.updates(&id, reject).await?);
    all.push(author.updates(&id, edit).await?);
    all.push(approver.approves(&id).await?);
    all.push(answers(system, &id, "sparrowanswer").await?);
    all.push(author.deletes(&id, "*").await?);
    let acted = [("x-actor", "agent-7;sparrowname"), ("Acstkn", tokens::BACK_OFFICE)];
    all.push(system.caller.call_with(Method::POST, CONTACTS, &acted, &contact(person)).await?);
    let statuses: Vec<u16> = all.iter().map(|answer| answer.status).collect();
    ensure!(statuses == [201, 201, 200, 200, 200, 200, 200, 201], "{statuses:?}");
    Ok(all)
}

/// Refusals of every kind, of requests that hold personal values.
async fn refused(system: &TestSystem, person: &Recipient) -> anyhow::Result<Vec<HttpAnswer>> {
    let author = Staff::person(system, "author");
    let id = author.added(&contact(person)).await?;
    let mut all = Vec::new();
    for (field, value) in [
        ("subject", json!("sparrowbad\r\n")),
        ("body", json!(["sparrowbad"])),
        ("link", json!("https://sparrowbad.example/")),
        ("policyNumber", json!("sparrowbad!")),
        ("postedAt", json!("sparrowbad")),
        ("sender", json!({ "kind": "sparrowbad", "name": "sparrowsender" })),
        ("sparrowbad", json!(1)),
    ] {
        all.push(author.adds(&person.request_with(field, value)).await?);
    }
    let bad = json!({ "reject": { "reason": "sparrowreason\n" } });
    all.push(author.updates(&id, bad).await?);
    all.push(answers(system, &id, "sparrowanswer").await?);
    all.push(author.updates(&id, json!({ "approve": { "contentHash": "sparrowbad" } })).await?);
    for query in ["policyNumber=sparrowbad!", "sparrowbad=1", "cursor=sparrowbad"] {
        let path = format!("{CONTACTS}?{query}");
        all.push(author.send(Method::GET, &path, &[], &Value::Null).await?);
    }
    let found = author.lists("policyNumber=SPARROW-2").await?.data()?;
    ensure!(found.as_array().is_some_and(|it| it.len() == 1), "found by its policy");
    for answer in &all {
        ensure!([400, 409].contains(&answer.status), "{answer:?}");
    }
    Ok(all)
}

/// Contacts are read in clear by staff and by the customer; a CSV holds ids and states only.
async fn read(system: &TestSystem, person: &Recipient) -> anyhow::Result<Vec<HttpAnswer>> {
    let author = Staff::person(system, "author");
    let list = author.lists(&format!("personId={}", person.person)).await?;
    let id = list.data()?[0]["contactId"].as_str().unwrap_or_default().to_owned();
    let history = format!("{}/history", path(&id));
    let history = author.send(Method::GET, &history, &[], &Value::Null).await?;
    ensure!(
        list.body.contains("sparrowsubject") && history.body.contains("sparrowbody"),
        "in clear"
    );
    let csv = [("Accept", "text/csv")];
    let csv = author.send(Method::GET, CONTACTS, &csv, &Value::Null).await?;
    ensure!(csv.body.contains("PER-SPOKEN"), "{csv:?}");
    Ok(vec![csv])
}
