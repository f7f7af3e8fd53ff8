//! Effects that are stuck: found, and resolved by two people, over HTTP and from the command line.

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use madoguchi_client::{EffectDetail, Method, ProposeResolution};
use madoguchi_journey::binaries;
use madoguchi_journey::caller::{HttpAnswer, is_refusal};
use madoguchi_journey::canaries::Canaries;
use madoguchi_journey::contacts::Staff;
use madoguchi_journey::crowd::work_through;
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::{Store, TestDatabase, psql};
use madoguchi_journey::mails::{Addressee, moved};
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::{on_both_databases, tokens, walk};
use madoguchi_testkit::server::postgres::Cluster;
use serde_json::{Value, json};
use tokio::time::Instant;

on_both_databases!(
    two_people_resolve_an_order_from_the_command_line,
    a_person_behind_a_back_office_is_the_same_person,
    of_sixty_four_approvers_one_resolves,
    an_uncertain_mail_is_sent_again_under_its_message_id,
    an_uncertain_mail_is_sent_or_failed_as_two_people_say,
    what_a_resolution_says_is_in_clear_nowhere,
);

const UNTIL_STUCK: Duration = Duration::from_secs(30);
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// A system in which one unclear outcome is enough for `Manual`.
async fn impatient(store: Store) -> anyhow::Result<TestSystem> {
    TestSystem::own(store, vec![("EFFECTS__AMBIGUOUS_TRIES", "1".to_owned())]).await
}

/// A customer whose order was applied, and whose every answer is lost: it is in `Manual`.
async fn stuck(system: &TestSystem) -> anyhow::Result<Customer> {
    let customer = Customer::verified(system).await?;
    system.world.play("applied_then_cut", &customer.arrangement, None).await?;
    system.caller.decide(&customer.member, true).await?.data()?;
    in_manual(system, "SetLevel", &customer.case).await?;
    is_reported(system, &customer.case).await?;
    Ok(customer)
}

/// As an error, and counted.
async fn is_reported(system: &TestSystem, case: &str) -> anyhow::Result<()> {
    let deadline = Instant::now() + UNTIL_STUCK;
    let is_line = |line: &str| {
        line.contains("\"ERROR\"") && line.contains("an effect is stuck") && line.contains(case)
    };
    while !system.log()?.lines().any(is_line) {
        ensure!(Instant::now() < deadline, "no error line about {case}");
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    let stuck = "madoguchi_effects_stuck_total{kind=\"SetLevel\"}";
    ensure!(system.metric(stuck).await? > 0, "{stuck}");
    Ok(())
}

async fn in_manual(system: &TestSystem, kind: &str, id: &str) -> anyhow::Result<EffectDetail> {
    let deadline = Instant::now() + UNTIL_STUCK;
    loop {
        let read = system.caller.with(tokens::OPERATOR).effect(kind, id).await?.data()?;
        if read.effect.state == "Manual" {
            return Ok(read);
        }
        ensure!(Instant::now() < deadline, "{kind}/{id} is {}", read.effect.state);
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// Runs `madoguchi resolve` with these arguments as the owner of a token.
fn resolve(system: &TestSystem, token: &str, arguments: &[&str]) -> anyhow::Result<Output> {
    telling(system, token, arguments, "")
}

/// The same, with these lines in standard input.
fn telling(
    system: &TestSystem,
    token: &str,
    arguments: &[&str],
    lines: &str,
) -> anyhow::Result<Output> {
    let mut command = Command::new(binaries::madoguchi());
    command.arg("resolve").args(arguments);
    command.args(["--server", &format!("http://{}", system.caller.addr())]);
    command.env("MADOGUCHI_TOKEN", token).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    tokio::task::block_in_place(|| {
        let mut running = command.spawn().context("madoguchi runs")?;
        running.stdin.take().context("it has an input")?.write_all(lines.as_bytes())?;
        Ok(running.wait_with_output()?)
    })
}

/// What it printed, if it did what it was asked.
fn done(output: &Output) -> anyhow::Result<String> {
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success() && error.is_empty(), "{error}");
    Ok(String::from_utf8(output.stdout.clone())?)
}

async fn two_people_resolve_an_order_from_the_command_line(store: Store) -> anyhow::Result<()> {
    let system = impatient(store).await?;
    let customer = stuck(&system).await?;
    let blocked = system.caller.open(&customer.member).await?;
    ensure!(is_refusal(&blocked, 409, "UPGRADE_IN_PROGRESS"), "{blocked:?}");
    let effect = format!("SetLevel/{}", customer.case);
    let listed = done(&resolve(&system, tokens::OPERATOR, &["list"])?)?;
    ensure!(listed.contains(&effect) && listed.contains("1 stuck"), "{listed}");
    let proposal = ["propose", &effect, "--outcome", "Confirmed"];
    let bare = telling(&system, tokens::OPERATOR, &proposal, "they said so\n")?;
    let why = String::from_utf8_lossy(&bare.stderr).into_owned();
    ensure!(!bare.status.success() && why.contains("evidence is missing"), "{why}");
    let lines = "they said so\nstatement 7\n";
    let shown = done(&telling(&system, tokens::OPERATOR, &proposal, lines)?)?;
    ensure!(shown.starts_with("PROPOSED: resolution "), "{shown}");
    let hash = shown.rsplit_once("--content-hash ").context("a command to approve it")?;
    let hash = hash.1.lines().next().context("a hash")?;
    let approval = ["approve", &effect, "--content-hash", hash];
    let own = resolve(&system, tokens::OPERATOR, &approval)?;
    let why = String::from_utf8_lossy(&own.stderr).into_owned();
    ensure!(!own.status.success() && why.contains("FOUR_EYES"), "{why}");
    let finished = done(&resolve(&system, tokens::OPERATOR_2, &approval)?)?;
    ensure!(finished.contains("state       Confirmed"), "{finished}");
    ensure!(finished.contains("Confirmed approved  [second-operator-agent]"), "{finished}");
    let member = system.caller.with(tokens::MEMBER_READ).member(&customer.member).await?.data()?;
    assert_eq!((&*member.level, &*member.level_source), ("1A", "MANUAL"));
    let at_target = system.caller.open(&customer.member).await?;
    ensure!(is_refusal(&at_target, 409, "UPGRADE_AT_TARGET"), "{at_target:?}");
    let steps = customer.timeline(&system).await?;
    let decided = steps.as_array().context("a timeline")?.iter();
    let decided: Vec<_> = decided.filter(|it| it["type"] == "RESOLUTION").collect();
    assert_eq!(
        (&decided[0]["state"], &decided[1]["state"]),
        (&json!("PROPOSED"), &json!("APPROVED"))
    );
    let listed = done(&resolve(&system, tokens::OPERATOR, &["list"])?)?;
    ensure!(listed.contains("nothing is stuck"), "{listed}");
    let stranger = resolve(&system, tokens::READ, &["list"])?;
    let why = String::from_utf8_lossy(&stranger.stderr).into_owned();
    ensure!(!stranger.status.success() && why.contains("FORBIDDEN"), "{why}");
    Ok(())
}

fn rejected() -> Value {
    json!({ "outcome": "Rejected", "reason": "the account is closed" })
}

fn path(customer: &Customer, rest: &str) -> String {
    format!("/api/v1/effects/SetLevel/{}/resolution{rest}", customer.case)
}

async fn hash_of(system: &TestSystem, customer: &Customer) -> anyhow::Result<String> {
    let operator = system.caller.with(tokens::OPERATOR);
    let read = operator.effect("SetLevel", &customer.case).await?.data()?;
    Ok(read.resolution.context("it is proposed")?.content_hash)
}

async fn a_person_behind_a_back_office_is_the_same_person(store: Store) -> anyhow::Result<()> {
    let system = impatient(store).await?;
    let customer = stuck(&system).await?;
    let ann = Staff::person(&system, "ann");
    let proposed = ann.send(Method::POST, &path(&customer, ""), &[], &rejected()).await?;
    ensure!(proposed.status == 201, "{proposed:?}");
    let seen = json!({ "contentHash": hash_of(&system, &customer).await? });
    let approval = path(&customer, "/approval");
    for own in [ann, Staff::program(&system)] {
        let refused = own.send(Method::POST, &approval, &[], &seen).await?;
        ensure!(is_refusal(&refused, 403, "FOUR_EYES"), "{refused:?}");
    }
    let bob = Staff::person(&system, "bob");
    ensure!(bob.send(Method::POST, &approval, &[], &seen).await?.status == 200);
    let case = customer.read(&system).await?;
    assert_eq!(case["coreBank"]["state"], "Rejected");
    assert_eq!(customer.level(&system).await?, "", "no level that the bank did not confirm");
    let again = system.caller.open(&customer.member).await?;
    ensure!(again.status == 201, "the member can begin again: {again:?}");
    Ok(())
}

async fn of_sixty_four_approvers_one_resolves(store: Store) -> anyhow::Result<()> {
    let system = Arc::new(impatient(store).await?);
    let customer = stuck(&system).await?;
    let ann = Staff::person(&system, "ann");
    ensure!(ann.send(Method::POST, &path(&customer, ""), &[], &rejected()).await?.status == 201);
    let seen = json!({ "contentHash": hash_of(&system, &customer).await? });
    let (on, approval) = (Arc::clone(&system), path(&customer, "/approval"));
    let answers = work_through(64, (0..64).collect(), move |number: u32| {
        let (system, approval, seen) = (Arc::clone(&on), approval.clone(), seen.clone());
        async move {
            let name = format!("approver-{number}");
            Staff::person(&system, &name).send(Method::POST, &approval, &[], &seen).await
        }
    });
    let answers: Vec<HttpAnswer> = answers.await?;
    let approved = answers.iter().filter(|it| it.status == 200).count();
    let late = answers.iter().filter(|it| is_refusal(it, 409, "EFFECT_SETTLED")).count();
    assert_eq!((approved, approved + late), (1, 64), "{answers:?}");
    Ok(())
}

async fn an_uncertain_mail_is_sent_again_under_its_message_id(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::own(store, Vec::new()).await?;
    let (person, contact) = resolved_mail(&system, "Planned").await?;
    assert_eq!(moved_on(&system, &contact).await?["state"], "SENT");
    let mailbox = person.mailbox(&system).await?;
    // The first one was accepted too, which nobody could know.
    ensure!(mailbox.len() == 2 && mailbox[0].message_id == mailbox[1].message_id, "{mailbox:?}");
    Ok(())
}

async fn an_uncertain_mail_is_sent_or_failed_as_two_people_say(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::own(store, Vec::new()).await?;
    for (outcome, state, reason) in
        [("Confirmed", "SENT", json!(null)), ("Rejected", "FAILED", json!("resolved"))]
    {
        let (person, contact) = resolved_mail(&system, outcome).await?;
        let mail = moved_on(&system, &contact).await?;
        assert_eq!((&mail["state"], &mail["reason"]), (&json!(state), &reason), "{outcome}");
        assert_eq!(person.mailbox(&system).await?.len(), 1, "it is not sent again");
    }
    Ok(())
}

/// A person, and a contact of which the mail was uncertain until two people decided this outcome.
async fn resolved_mail(system: &TestSystem, outcome: &str) -> anyhow::Result<(Addressee, String)> {
    let person = Addressee::named(system, &format!("PER-UNCERTAIN-{outcome}")).await?;
    system.world.plays("smtp", "cut_after_dot", Some(&person.email), Some(1)).await?;
    let contact = person.approved(system, &person.recipient.request()).await?;
    let mail = moved(system, &contact).await?;
    assert_eq!(mail["state"], "UNCERTAIN");
    let mail = mail["mailId"].as_str().context("the id of the mail")?;
    in_manual(system, "Mail", mail).await?;
    let [one, other] = [tokens::OPERATOR, tokens::OPERATOR_2].map(|it| system.caller.with(it));
    let proposal = ProposeResolution {
        outcome: outcome.to_owned(),
        reason: "the log of the mail server".to_owned(),
        evidence: Some("line 7".to_owned()),
    };
    let proposed = one.propose_resolution("Mail", mail, &proposal).await?.data()?;
    other.approve_resolution("Mail", mail, &proposed.content_hash).await?.data()?;
    Ok((person, contact))
}

/// A contact's mail after people decided what becomes of it.
async fn moved_on(system: &TestSystem, id: &str) -> anyhow::Result<Value> {
    let deadline = Instant::now() + UNTIL_STUCK;
    loop {
        let mail = Staff::person(system, "author").reads(id).await?["mail"].clone();
        let state = mail["state"].as_str().context("a state")?.to_owned();
        if !["PENDING", "UNCERTAIN"].contains(&&*state) {
            return Ok(mail);
        }
        ensure!(Instant::now() < deadline, "the mail is {state}");
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// The row of its order is damaged. PostgreSQL only: both databases share what reads it.
#[test]
fn an_order_that_cannot_be_read_is_rejected_and_the_member_begins_again() {
    walk(async {
        let database = Cluster::shared().create_database();
        let url = database.url().to_owned();
        let changed = vec![("EFFECTS__AMBIGUOUS_TRIES", "1".to_owned())];
        let system = TestSystem::on(&TestDatabase::Postgres(database), changed).await?;
        let customer = stuck(&system).await?;
        psql(Cluster::shared(), &url, "update effect set payload = '{broken'")?;
        let [ann, bob] = ["ann", "bob"].map(|name| Staff::person(&system, name));
        let confirmed = ann.send(Method::POST, &path(&customer, ""), &[], &confirmed()).await?;
        ensure!(is_refusal(&confirmed, 409, "EFFECT_UNREADABLE"), "{confirmed:?}");
        let proposed = ann.send(Method::POST, &path(&customer, ""), &[], &rejected()).await?;
        ensure!(proposed.status == 201, "{proposed:?}");
        let seen = json!({ "contentHash": hash_of(&system, &customer).await? });
        let approved = bob.send(Method::POST, &path(&customer, "/approval"), &[], &seen).await?;
        ensure!(approved.status == 200, "{approved:?}");
        assert_eq!(customer.read(&system).await?["coreBank"]["state"], "Rejected");
        let again = system.caller.open(&customer.member).await?;
        ensure!(again.status == 201, "{again:?}");
        system.stop()
    });
}

/// Parts of every reason and evidence that is sent, valid or not.
const CANARIES: Canaries = Canaries(&["heronreason", "heronevidence", "heronbad", "heronkey"]);

async fn what_a_resolution_says_is_in_clear_nowhere(store: Store) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let database = tokio::task::block_in_place(|| store.database(dir.path()));
    let changed = [("RUST_LOG", "trace"), ("EFFECTS__AMBIGUOUS_TRIES", "1")];
    let changed = changed.map(|(key, value)| (key, value.to_owned())).into();
    let system = TestSystem::on(&database, changed).await?;
    let customer = stuck(&system).await?;
    let mut seen = refused(&system, &customer).await?;
    seen.extend(resolved(&system, &customer).await?);
    for (path, token) in [
        ("/api/v1/effects".to_owned(), tokens::OPERATOR),
        (format!("/api/v1/upgrades/{}/timeline", customer.case), tokens::READ),
    ] {
        seen.push(system.caller.get(&path, token).await?);
    }
    CANARIES.are_nowhere(&system, &database, &seen, &customer.member).await
}

fn confirmed() -> Value {
    json!({ "outcome": "Confirmed", "reason": "heronreason", "evidence": "heronevidence" })
}

/// Refusals of proposals and of an approval, each of which holds a text.
async fn refused(system: &TestSystem, customer: &Customer) -> anyhow::Result<Vec<HttpAnswer>> {
    let ann = Staff::person(system, "ann");
    let mut all = Vec::new();
    for (field, value) in [
        ("reason", json!("heronbad\u{7}")),
        ("reason", json!("heronbad".repeat(63))),
        ("reason", json!(["heronbad"])),
        ("evidence", json!("heronbad\n")),
        ("evidence", json!("heronbad".repeat(126))),
        ("outcome", json!("heronbad")),
        ("heronbad", json!(1)),
    ] {
        let mut body = confirmed();
        body[field] = value;
        all.push(ann.send(Method::POST, &path(customer, ""), &[], &body).await?);
    }
    let hash = json!({ "contentHash": "heronbad" });
    all.push(ann.send(Method::POST, &path(customer, "/approval"), &[], &hash).await?);
    let query = "/api/v1/effects?subject=heronbad&cursor=heronbad";
    all.push(system.caller.get(query, tokens::OPERATOR).await?);
    for answer in &all {
        ensure!(answer.status == 400, "{answer:?}");
    }
    Ok(all)
}

/// A proposal that is repeated, withdrawn, proposed again and approved.
async fn resolved(system: &TestSystem, customer: &Customer) -> anyhow::Result<Vec<HttpAnswer>> {
    let [ann, bob] = ["ann", "bob"].map(|name| Staff::person(system, name));
    let [propose, withdraw, approve] =
        ["", "/withdrawal", "/approval"].map(|rest| path(customer, rest));
    let key = [("Idempotency-Key", "heronkey")];
    let mut all = Vec::new();
    for _ in 0..2 {
        all.push(ann.send(Method::POST, &propose, &key, &confirmed()).await?);
    }
    all.push(ann.send(Method::POST, &withdraw, &[], &json!({})).await?);
    all.push(ann.send(Method::POST, &propose, &[], &confirmed()).await?);
    let effect = propose.trim_end_matches("/resolution");
    let read = system.caller.get(effect, tokens::OPERATOR).await?;
    ensure!(["heronreason", "heronevidence"].iter().all(|it| read.body.contains(it)), "{read:?}");
    let seen = json!({ "contentHash": hash_of(system, customer).await? });
    all.push(bob.send(Method::POST, &approve, &[], &seen).await?);
    all.push(ann.send(Method::POST, &propose, &[], &confirmed()).await?);
    let statuses: Vec<u16> = all.iter().map(|answer| answer.status).collect();
    ensure!(statuses == [201, 201, 200, 201, 200, 409], "{statuses:?}");
    Ok(all)
}
