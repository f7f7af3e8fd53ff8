//! Mails about contacts, counted at the mail server's journal.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use jiff::{SignedDuration, Timestamp};
use madoguchi_client::Method;
use madoguchi_journey::contacts::{Recipient, Staff};
use madoguchi_journey::crowd::work_through;
use madoguchi_journey::database::Store;
use madoguchi_journey::mails::{Addressee, all_moved, moved};
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::{on_both_databases, tokens};
use mail_parser::MessageParser;
use serde_json::{Value, json};

on_both_databases!(
    rule_4_one_mail_goes_at_approval_to_the_current_address,
    rule_4_a_group_approved_in_one_call_is_one_mail,
    rule_4_what_became_wrong_is_suppressed_with_its_reason,
    rule_4_mandatory_overrides_a_stop_only_if_configured,
    what_cannot_be_known_is_uncertain_and_not_sent_again,
    a_mail_that_is_deferred_goes_later,
    of_1000_mails_one_refused_leaves_999_sent_once,
);

async fn rule_4_one_mail_goes_at_approval_to_the_current_address(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let old = Addressee::named(&system, "PER-MAILED").await?;
    let new = Addressee { email: "right.address@example.com".to_owned(), ..old.clone() };
    let (author, approver) = (Staff::person(&system, "author"), Staff::person(&system, "approver"));
    let id = author.added(&old.recipient.request()).await?;
    assert_eq!(author.reads(&id).await?["mail"]["state"], "NONE");
    old.changes(&system, json!({ "email": new.email })).await?;
    ensure!(approver.approves(&id).await?.status == 200);
    assert_eq!(moved(&system, &id).await?["state"], "SENT");
    let mailbox = new.mailbox(&system).await?;
    assert_eq!((mailbox.len(), old.mailbox(&system).await?.len()), (1, 0));
    let received = system.world.received("smtp").await?;
    let ours = received.iter().find(|it| it["messageId"] == *mailbox[0].message_id);
    is_readable(ours.context("its conversation")?["content"].as_str().context("a text")?)?;
    ensure!(author.updates(&id, json!({ "subject": "別の件名" })).await?.status == 200);
    ensure!(author.deletes(&id, "*").await?.status == 200);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(new.mailbox(&system).await?.len(), 1, "update and delete never mail");
    let contact = author.reads(&id).await?;
    assert_eq!((&contact["mail"]["state"], &contact["version"]), (&json!("SENT"), &json!(4)));
    Ok(())
}

/// It names the page in Japanese, in text and HTML, and nothing of what the contact says.
fn is_readable(content: &str) -> anyhow::Result<()> {
    ensure!(content.is_ascii() && content.split("\r\n").all(|line| line.len() <= 998));
    let mail = MessageParser::default().parse(content.as_bytes()).context("a message")?;
    ensure!(
        mail.subject().is_some_and(|it| it.starts_with("【窓口銀行】")),
        "{:?}",
        mail.subject()
    );
    let (text, html) = (mail.body_text(0), mail.body_html(0));
    for body in [text.context("text")?, html.context("HTML")?] {
        ensure!(body.contains("マイページ") && body.contains("my.example.com"), "{body}");
        ensure!(!body.contains("書類") && !body.contains("本人確認"), "{body}");
    }
    ensure!(mail.header("Auto-Submitted").is_some() && mail.date().is_some());
    Ok(())
}

async fn rule_4_a_group_approved_in_one_call_is_one_mail(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let person = Addressee::named(&system, "PER-GROUPED").await?;
    let author = Staff::person(&system, "author");
    let mut items = Vec::new();
    for number in 0..4 {
        let mut body = person.recipient.request();
        body["groupId"] = if number < 3 { json!("GROUP-1") } else { json!("GROUP-2") };
        let id = author.added(&body).await?;
        let hash = author.reads(&id).await?["contentHash"].clone();
        items.push(json!({ "contactId": id, "contentHash": hash }));
    }
    let approver = Staff::person(&system, "approver");
    let path = "/api/v1/contacts/approvals";
    let answer = approver.send(Method::POST, path, &[], &json!(items)).await?;
    ensure!(answer.status == 200, "{answer:?}");
    let mut mails = Vec::new();
    for item in &items {
        let mail = moved(&system, item["contactId"].as_str().context("an id")?).await?;
        assert_eq!(mail["state"], "SENT");
        mails.push(mail["mailId"].clone());
    }
    ensure!(mails[0] == mails[1] && mails[1] == mails[2] && mails[2] != mails[3], "{mails:?}");
    let mut subjects: Vec<_> =
        person.mailbox(&system).await?.into_iter().map(|mail| mail.subject).collect();
    subjects.sort_unstable();
    let expected =
        ["3件", ""].map(|count| format!("【窓口銀行】マイページにお知らせが{count}あります"));
    assert_eq!(subjects, expected);
    Ok(())
}

/// When the acts before it are done.
#[expect(clippy::disallowed_methods, reason = "a journey writes times as its user does")]
fn soon() -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(3)
}

async fn rule_4_what_became_wrong_is_suppressed_with_its_reason(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let author = Staff::person(&system, "author");
    let named = async |name: &str| Addressee::named(&system, &format!("PER-{name}")).await;
    let soon = soon();
    let later = |person: &Addressee| person.recipient.request_with("postedAt", soon.to_string());
    let mut expected: Vec<(Addressee, String, &str)> = Vec::new();

    let answered = named("SUPPRESSED-1").await?;
    let id = answered.approved(&system, &later(&answered)).await?;
    ensure!(author.updates(&id, json!({ "answerStatus": "ANSWERED" })).await?.status == 200);
    expected.push((answered, id, "ANSWERED"));

    let deleted = named("SUPPRESSED-2").await?;
    let id = deleted.approved(&system, &later(&deleted)).await?;
    ensure!(author.deletes(&id, "*").await?.status == 200);
    expected.push((deleted, id, "DELETED"));

    let expired = named("SUPPRESSED-3").await?;
    let body = expired.recipient.request_with("expiresAt", "2020-01-01T00:00:00Z");
    let id = expired.approved(&system, &body).await?;
    expected.push((expired, id, "EXPIRED"));

    let stopped = named("SUPPRESSED-4").await?;
    stopped.changes(&system, json!({ "mailStopped": true, "mailStopReason": "wish" })).await?;
    let id = stopped.approved(&system, &stopped.recipient.request()).await?;
    expected.push((stopped, id, "MAIL_STOPPED"));

    let off = named("SUPPRESSED-5").await?;
    let path = format!("/api/v1/accounts/{}", off.recipient.account);
    let body = json!({ "mailNotification": false });
    let headers = [("Acstkn", tokens::PERSON_WRITE)];
    let switched = system.caller.call_with(Method::PATCH, &path, &headers, &body).await?;
    ensure!(switched.status == 200, "{switched:?}");
    let id = off.approved(&system, &off.recipient.request()).await?;
    expected.push((off, id, "NOTIFICATION_OFF"));

    let nowhere =
        Addressee { recipient: Recipient::registered(&system).await?, email: String::new() };
    let id = nowhere.approved(&system, &nowhere.recipient.request()).await?;
    expected.push((nowhere, id, "NO_ADDRESS"));

    for (person, id, reason) in expected {
        let mail = moved(&system, &id).await?;
        assert_eq!((&mail["state"], &mail["reason"]), (&json!("SUPPRESSED"), &json!(reason)));
        ensure!(person.mailbox(&system).await?.is_empty(), "{reason}");
        let query = format!("mail=SUPPRESSED&personId={}", person.recipient.person);
        assert_eq!(author.lists(&query).await?.data()?[0]["contactId"], *id);
    }
    Ok(())
}

async fn rule_4_mandatory_overrides_a_stop_only_if_configured(store: Store) -> anyhow::Result<()> {
    for (overrides, state) in [("false", "SUPPRESSED"), ("true", "SENT")] {
        let changed = vec![("MAIL__MANDATORY_OVERRIDES_STOP", overrides.to_owned())];
        let system = TestSystem::own(store, changed).await?;
        let person = Addressee::named(&system, "PER-MANDATORY").await?;
        person.changes(&system, json!({ "mailStopped": true, "mailStopReason": "wish" })).await?;
        let body = person.recipient.request_with("mandatory", true);
        let id = person.approved(&system, &body).await?;
        assert_eq!(moved(&system, &id).await?["state"], state);
        let plain = person.approved(&system, &person.recipient.request()).await?;
        assert_eq!(moved(&system, &plain).await?["state"], "SUPPRESSED");
    }
    Ok(())
}

async fn what_cannot_be_known_is_uncertain_and_not_sent_again(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::own(store, Vec::new()).await?;
    for (number, scenario) in [(1, "cut_after_dot"), (2, "garbage"), (3, "slow:60000")] {
        let person = Addressee::named(&system, &format!("PER-UNCERTAIN-{number}")).await?;
        system.world.plays("smtp", scenario, Some(&person.email), Some(1)).await?;
        let id = person.approved(&system, &person.recipient.request()).await?;
        let mail = moved(&system, &id).await?;
        assert_eq!((&mail["state"], &mail["reason"]), (&json!("UNCERTAIN"), &Value::Null));
    }
    // Also after the settle time and after a restart.
    tokio::time::sleep(Duration::from_secs(2)).await;
    system.kill()?;
    system.start_again().await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let listed = Staff::person(&system, "author").lists("mail=UNCERTAIN").await?.data()?;
    assert_eq!(listed.as_array().map(Vec::len), Some(3));
    assert_eq!(system.world.mails().await?.len(), 2, "each that arrived is there once");
    assert_eq!(system.world.received("smtp").await?.len(), 3, "and none was tried again");
    Ok(())
}

async fn a_mail_that_is_deferred_goes_later(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    for (number, scenario) in [(1, "defer"), (2, "cut_before_data")] {
        let person = Addressee::named(&system, &format!("PER-DEFERRED-{number}")).await?;
        system.world.plays("smtp", scenario, Some(&person.email), Some(2)).await?;
        let id = person.approved(&system, &person.recipient.request()).await?;
        assert_eq!(moved(&system, &id).await?["state"], "SENT", "{scenario}");
        assert_eq!(person.mailbox(&system).await?.len(), 1, "{scenario}");
    }
    Ok(())
}

async fn of_1000_mails_one_refused_leaves_999_sent_once(store: Store) -> anyhow::Result<()> {
    let system = Arc::new(TestSystem::own(store, Vec::new()).await?);
    system.world.plays("smtp", "reject_recipient", Some("per-m500@example.com"), None).await?;
    let on = Arc::clone(&system);
    let approved = work_through(8, (1..=1000).collect(), move |number: u32| {
        let system = Arc::clone(&on);
        async move {
            let person = Addressee::named(&system, &format!("PER-M{number}")).await?;
            person.approved(&system, &person.recipient.request()).await
        }
    });
    assert_eq!(approved.await?.len(), 1000);
    all_moved(&system).await?;
    let mails = system.world.mails().await?;
    let mut recipients: Vec<_> = mails.iter().map(|mail| &mail.to).collect();
    recipients.sort_unstable();
    recipients.dedup();
    assert_eq!((mails.len(), recipients.len()), (999, 999), "each once");
    let failed = Staff::person(&system, "author").lists("mail=FAILED").await?.data()?;
    let failed = failed.as_array().context("a list")?;
    assert_eq!(failed.len(), 1);
    let why = (&failed[0]["personId"], &failed[0]["mail"]["reason"]);
    assert_eq!(why, (&json!("PER-M500"), &json!("SMTP_550")));
    Ok(())
}
