//! Every reply to callers, byte for byte: success and every error code.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use madoguchi_client::Method;
use madoguchi_journey::bounces::{failure_report, message_id};
use madoguchi_journey::caller::{CALLERS, HttpAnswer, VERDICT, is_coded_refusal, is_refusal};
use madoguchi_journey::contacts::{CONTACTS, Recipient, Staff, answers, path};
use madoguchi_journey::crowd::all_at_once;
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::{Store, TestDatabase, psql};
use madoguchi_journey::mails::{Addressee, moved};
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::{on_both_databases, tokens, walk};
use madoguchi_testkit::server::postgres::Cluster;
use serde_json::{Value, json};
use tokio::time::Instant;

on_both_databases!(
    every_error_code_has_its_status_and_exactly_the_envelope,
    a_token_opens_the_routes_of_its_scope_and_no_other,
    too_much_at_once_is_shed_with_503_and_every_caller_is_served_in_the_end,
    the_banks_own_codes_replace_ours_and_nothing_else,
);

const SUCCESS: &str = r#"{"success":true,"data":{}}"#;
const PERSONS: &str = "/api/v1/persons";
const CATALOGUE: &str = include_str!("../../../docs/errors.md");
const NOBODYS_CASE: &str = "01890000-0000-7000-8000-000000000000";

/// Answers by their expected code.
type Refusals = BTreeMap<&'static str, HttpAnswer>;

async fn every_error_code_has_its_status_and_exactly_the_envelope(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::own(store, vec![("UPGRADE__QR_LIFETIME_S", "10".to_owned())]).await?;
    let opened = Customer::opened(&system).await?;
    let mut refusals = Refusals::new();
    of_verdicts(&system, &opened, &mut refusals).await?;
    of_opening(&system, &mut refusals).await?;
    of_verifications(&system, &opened, &mut refusals).await?;
    of_requests(&system, &mut refusals).await?;
    of_persons(&system, &mut refusals).await?;
    of_contacts(&system, &mut refusals).await?;
    of_bounces(&system, &mut refusals).await?;
    of_retention(&system, &mut refusals).await?;
    of_keys(&system, &mut refusals).await?;
    let unknown = format!("/api/v1/effects/SetLevel/{NOBODYS_CASE}");
    refusals.insert("EFFECT_NOT_FOUND", system.caller.get(&unknown, tokens::OPERATOR).await?);
    let counted = system.metrics().await?;
    ensure!(counted.contains("madoguchi_contradictions_total "), "{counted}");
    for (code, status) in catalogue()? {
        if ELSEWHERE.contains(&code)
            || code.starts_with("RESOLUTION_")
            || code.starts_with("ANNOUNCEMENT_")
        {
            continue;
        }
        let answer = refusals.get(code).with_context(|| format!("{code} is not shown here"))?;
        let is_it = match CODED.contains(&code) {
            true => is_coded_refusal(answer, status, code),
            false => is_refusal(answer, status, code),
        };
        ensure!(is_it, "{code}: {answer:?}");
    }
    Ok(())
}

/// Tested by other journeys, since they need an unavailable or damaged database, or an effect that
/// is stuck.
const ELSEWHERE: [&str; 7] = [
    "UNAVAILABLE",
    "INTERNAL",
    "EFFECT_SETTLED",
    "EFFECT_IN_PROGRESS",
    "EFFECT_PROVEN",
    "EFFECT_UNREADABLE",
    "EFFECT_KIND_UNKNOWN",
];

/// The codes that are shown by routes whose answers carry a result code.
const CODED: [&str; 8] = [
    "CONTACT_NOT_FOUND",
    "CONTACT_ANSWERED",
    "CONTACT_NOT_VALID",
    "APPROVAL_CLOSED",
    "FOUR_EYES",
    "CONTENT_MOVED",
    "PRECONDITION_FAILED",
    "PRECONDITION_REQUIRED",
];

/// The documented codes and statuses.
fn catalogue() -> anyhow::Result<Vec<(&'static str, u16)>> {
    let mut codes = Vec::new();
    for line in CATALOGUE.lines() {
        let Some(row) = line.strip_prefix("| `") else { continue };
        let (code, rest) = row.split_once("` | ").context("a row has a code")?;
        codes.push((code, rest[..3].parse()?));
    }
    ensure!(codes.len() >= 18, "the catalogue could not be read: {codes:?}");
    Ok(codes)
}

async fn of_verdicts(
    system: &TestSystem,
    opened: &Customer,
    refusals: &mut Refusals,
) -> anyhow::Result<()> {
    let caller = &system.caller;
    let stranger = Customer::stranger();
    refusals.insert("CUSTOMER_INFO_NOT_FOUND", caller.decide(&stranger.member, true).await?);
    let without_case = Customer::registered(system).await?;
    refusals.insert("UPGRADE_CASE_NOT_FOUND", caller.decide(&without_case.member, true).await?);
    refusals.insert("UPGRADE_NOT_VERIFIED", caller.decide(&opened.member, true).await?);
    let failed = Customer::verified(system).await?;
    let answer = caller.decide(&failed.member, false).await?;
    assert_eq!((answer.status, answer.body.as_str()), (200, SUCCESS));
    refusals.insert("UPGRADE_CONTRADICTION", caller.decide(&failed.member, true).await?);
    Ok(())
}

async fn of_opening(system: &TestSystem, refusals: &mut Refusals) -> anyhow::Result<()> {
    let caller = &system.caller;
    let passed = Customer::verified(system).await?;
    system.world.play("slow:1000", &passed.arrangement, Some(1)).await?;
    caller.decide(&passed.member, true).await?.data()?;
    refusals.insert("UPGRADE_IN_PROGRESS", caller.open(&passed.member).await?);
    passed.settled(system).await?;
    refusals.insert("UPGRADE_AT_TARGET", caller.open(&passed.member).await?);
    let other = caller.register(&passed.member, "AA20001OTHER").await?;
    refusals.insert("MEMBER_CONFLICT", other);
    let other = caller.register("another-member", &passed.arrangement).await?;
    assert!(is_refusal(&other, 409, "MEMBER_CONFLICT"), "{other:?}");
    assert_eq!(caller.register(&passed.member, &passed.arrangement).await?.status, 200);
    Ok(())
}

async fn of_verifications(
    system: &TestSystem,
    opened: &Customer,
    refusals: &mut Refusals,
) -> anyhow::Result<()> {
    let caller = &system.caller;
    let verified = Customer::verified(system).await?;
    let reference = format!("check-{}", verified.case);
    let opposite = caller.verify(&verified.case, &reference, false).await?;
    refusals.insert("VERIFICATION_CONTRADICTION", opposite);
    let elsewhere = caller.verify(&opened.case, &reference, true).await?;
    assert!(is_refusal(&elsewhere, 409, "VERIFICATION_CONTRADICTION"), "{elsewhere:?}");
    let replay = caller.verify(&verified.case, &reference, true).await?;
    assert_eq!(replay.data()?["state"], "EDDASuccess");

    let path = format!("/api/v1/upgrades/{}/qr.svg", opened.case);
    let deadline = Instant::now() + Duration::from_secs(20);
    while caller.get(&path, tokens::OPEN).await?.status == 200 {
        ensure!(Instant::now() < deadline, "the code does not lapse");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let scan = |qr: &str| json!({ "qrToken": qr, "isPass": true, "reference": opened.case });
    let lapsed = caller.post("/api/v1/verifications", tokens::VERIFY, &scan(&opened.qr)).await?;
    refusals.insert("QR_EXPIRED", lapsed);
    let mut again = opened.clone();
    again.open(system).await?;
    assert_eq!(again.case, opened.case, "the open case is found");
    assert_ne!(again.qr, opened.qr, "with a fresh code");
    let voided = caller.post("/api/v1/verifications", tokens::VERIFY, &scan(&opened.qr)).await?;
    assert!(is_refusal(&voided, 409, "QR_EXPIRED"), "{voided:?}");
    let fresh = caller.post("/api/v1/verifications", tokens::VERIFY, &scan(&again.qr)).await?;
    assert_eq!(fresh.data()?["state"], "EDDASuccess");
    Ok(())
}

async fn of_requests(system: &TestSystem, refusals: &mut Refusals) -> anyhow::Result<()> {
    let caller = &system.caller;
    let body = json!({ "memberId": "", "isPass": true });
    refusals.insert("INVALID_REQUEST", caller.post(VERDICT, tokens::DECIDE, &body).await?);
    refusals.insert("UNAUTHENTICATED", caller.post(VERDICT, "", &body).await?);
    let unknown = caller.post(VERDICT, "not-a-token", &body).await?;
    assert!(is_refusal(&unknown, 401, "UNAUTHENTICATED"), "{unknown:?}");
    refusals.insert("FORBIDDEN", caller.post(VERDICT, tokens::READ, &body).await?);
    refusals.insert("NOT_FOUND", caller.get("/api/v1/nothing", tokens::READ).await?);
    refusals.insert("METHOD_NOT_ALLOWED", caller.get(VERDICT, tokens::DECIDE).await?);
    let long = json!({ "memberId": "x".repeat(32 * 1024), "isPass": true });
    refusals.insert("TOO_LARGE", caller.post(VERDICT, tokens::DECIDE, &long).await?);
    let untyped = caller.call(Method::POST, VERDICT, tokens::DECIDE, &Value::Null).await?;
    refusals.insert("UNSUPPORTED_MEDIA_TYPE", untyped);
    let nobodys = caller.get(&format!("/api/v1/upgrades/{NOBODYS_CASE}"), tokens::READ).await?;
    assert!(is_refusal(&nobodys, 404, "UPGRADE_CASE_NOT_FOUND"), "{nobodys:?}");
    let no_id = caller.get("/api/v1/upgrades/no-id", tokens::READ).await?;
    assert!(is_refusal(&no_id, 400, "INVALID_REQUEST"), "{no_id:?}");
    Ok(())
}

async fn of_persons(system: &TestSystem, refusals: &mut Refusals) -> anyhow::Result<()> {
    let caller = &system.caller;
    let email = "one@example.com";
    let person = |id, account| json!({ "personId": id, "accountId": account, "email": email });
    let register = |body| async move { caller.post(PERSONS, tokens::PERSON_WRITE, &body).await };
    register(person("PER-1", "ACC-1")).await?.data()?;
    register(person("PER-2", "ACC-2")).await?.data()?;
    refusals.insert("PERSON_CONFLICT", register(person("PER-1", "ACC-2")).await?);
    let nobody = format!("{PERSONS}/nobody");
    refusals.insert("PERSON_NOT_FOUND", caller.get(&nobody, tokens::PERSON_READ).await?);
    let search = format!("{PERSONS}/search");
    let shared = json!({ "email": email });
    let ambiguous = caller.post(&search, tokens::PERSON_READ, &shared).await?;
    refusals.insert("PERSON_AMBIGUOUS", ambiguous);
    let (switch, on) = ("/api/v1/accounts/nobody", json!({ "mailNotification": true }));
    let switched = caller.call(Method::PATCH, switch, tokens::PERSON_WRITE, &on).await?;
    refusals.insert("ACCOUNT_NOT_FOUND", switched);
    let details = format!("{PERSONS}/PER-1/contact-details");
    for (code, tag) in [("PRECONDITION_FAILED", "\"7\""), ("PRECONDITION_REQUIRED", "")] {
        let headers = [("Acstkn", tokens::PERSON_WRITE), ("If-Match", tag)];
        let answer = caller.call_with(Method::PUT, &details, &headers, &shared).await?;
        refusals.insert(code, answer);
    }
    Ok(())
}

async fn of_contacts(system: &TestSystem, refusals: &mut Refusals) -> anyhow::Result<()> {
    let person = Recipient::registered(system).await?;
    let (author, approver) = (Staff::person(system, "author"), Staff::person(system, "approver"));
    let id = author.added(&person.request()).await?;
    refusals.insert("FOUR_EYES", author.approves(&id).await?);
    let other = json!({ "approve": { "contentHash": "0".repeat(64) } });
    refusals.insert("CONTENT_MOVED", approver.updates(&id, other).await?);
    refusals.insert("CONTACT_NOT_VALID", answers(system, &id, "x").await?);
    approver.approves(&id).await?.data()?;
    refusals.insert("APPROVAL_CLOSED", approver.approves(&id).await?);
    answers(system, &id, "x").await?.data()?;
    refusals.insert("CONTACT_ANSWERED", answers(system, &id, "y").await?);
    refusals.insert("CONTACT_NOT_FOUND", answers(system, NOBODYS_CASE, "x").await?);
    Ok(())
}

async fn of_retention(system: &TestSystem, refusals: &mut Refusals) -> anyhow::Result<()> {
    let caller = &system.caller;
    let person = Recipient::registered(system).await?;
    let body = person.request_with("applicationId", "APP-REFUSED");
    Staff::person(system, "author").added(&body).await?;
    let complete = async |application: &str, day: &str| {
        let path = format!("/api/v1/applications/{application}/completion");
        let body = json!({ "completedAt": format!("2026-01-{day}T12:00:00+09:00") });
        caller.post(&path, tokens::APPLICATION_WRITE, &body).await
    };
    refusals.insert("APPLICATION_NOT_FOUND", complete("nothing", "05").await?);
    complete("APP-REFUSED", "05").await?.data()?;
    refusals.insert("COMPLETION_CONFLICT", complete("APP-REFUSED", "06").await?);
    let release = format!("/api/v1/holds/{NOBODYS_CASE}/release");
    let unknown = caller.post(&release, tokens::OPERATOR, &json!({})).await?;
    refusals.insert("HOLD_NOT_FOUND", unknown);
    Ok(())
}

async fn of_bounces(system: &TestSystem, refusals: &mut Refusals) -> anyhow::Result<()> {
    let reporter = system.caller.with(tokens::DELIVERY_WRITE);
    let refused = async |message: String| -> anyhow::Result<HttpAnswer> {
        Ok(reporter.report_delivery(message).await?.untyped())
    };
    refusals.insert("REPORT_UNREADABLE", refused("Subject: hello\r\n\r\nx".to_owned()).await?);
    let nobodys = failure_report(&message_id(&"0".repeat(32)));
    refusals.insert("MAIL_NOT_FOUND", refused(nobodys).await?);
    let person = Addressee::named(system, "PER-REFUSED").await?;
    system.world.plays("smtp", "reject_recipient", Some(&person.email), Some(1)).await?;
    let id = person.approved(system, &person.recipient.request()).await?;
    let mail = moved(system, &id).await?;
    let mail = mail["mailId"].as_str().context("mailId")?.replace('-', "");
    refusals.insert("MAIL_NOT_SENT", refused(failure_report(&message_id(&mail))).await?);
    Ok(())
}

/// Who reads announcements.
const READERS: [&str; 2] = [tokens::CONTACT_READ, tokens::ANNOUNCEMENT_WRITE];

const CUSTOMERS: [&str; 2] = [tokens::CONTACT_ANSWER, tokens::CONTACT_ANSWER_ANY];

/// In the form of the route with this path.
fn is_refused(path: &str, answer: &HttpAnswer, status: u16, code: &str) -> bool {
    let with_result_code = [CONTACTS, "/contact-details", "/messages"];
    match with_result_code.iter().any(|part| path.contains(part)) {
        true => is_coded_refusal(answer, status, code),
        false => is_refusal(answer, status, code),
    }
}

/// Each route, with the tokens that open it.
fn routes() -> [(Method, String, &'static [&'static str]); 50] {
    let effect = format!("/api/v1/effects/SetLevel/{NOBODYS_CASE}");
    let announcement = format!("/api/v1/announcements/{NOBODYS_CASE}");
    [
        (Method::POST, VERDICT.to_owned(), &[tokens::DECIDE]),
        (Method::POST, "/api/v1/members".to_owned(), &[tokens::MEMBER_WRITE]),
        (Method::GET, "/api/v1/members/nobody".to_owned(), &[tokens::MEMBER_READ]),
        (Method::POST, "/api/v1/upgrades".to_owned(), &[tokens::OPEN]),
        (Method::GET, format!("/api/v1/upgrades/{NOBODYS_CASE}"), &[tokens::READ]),
        (Method::GET, format!("/api/v1/upgrades/{NOBODYS_CASE}/timeline"), &[tokens::READ]),
        (Method::GET, format!("/api/v1/upgrades/{NOBODYS_CASE}/qr.svg"), &[tokens::OPEN]),
        (Method::POST, format!("/api/v1/upgrades/{NOBODYS_CASE}/verification"), &[tokens::VERIFY]),
        (Method::POST, "/api/v1/verifications".to_owned(), &[tokens::VERIFY]),
        (Method::POST, format!("/api/v1/upgrades/{NOBODYS_CASE}/verdict"), &[tokens::DECIDE]),
        (Method::POST, CALLERS.to_owned(), &[tokens::CALLER]),
        (Method::POST, PERSONS.to_owned(), &[tokens::PERSON_WRITE]),
        (Method::GET, format!("{PERSONS}/nobody"), &[tokens::PERSON_READ]),
        (Method::GET, format!("{PERSONS}/nobody/history"), &[tokens::PERSON_READ]),
        (Method::POST, format!("{PERSONS}/search"), &[tokens::PERSON_READ]),
        (Method::PUT, format!("{PERSONS}/nobody/contact-details"), &[tokens::PERSON_WRITE]),
        (Method::PATCH, "/api/v1/accounts/nobody".to_owned(), &[tokens::PERSON_WRITE]),
        (Method::POST, CONTACTS.to_owned(), &[tokens::CONTACT_WRITE]),
        (Method::GET, format!("{CONTACTS}?limit=0"), &[tokens::CONTACT_READ]),
        (Method::POST, format!("{CONTACTS}/approvals"), &[tokens::CONTACT_APPROVE]),
        (Method::GET, path(NOBODYS_CASE), &[tokens::CONTACT_READ]),
        (Method::GET, format!("{}/history", path(NOBODYS_CASE)), &[tokens::CONTACT_READ]),
        (
            Method::PUT,
            path(NOBODYS_CASE),
            &[tokens::CONTACT_WRITE, tokens::CONTACT_RESPOND, tokens::CONTACT_APPROVE],
        ),
        (Method::DELETE, path("no-id"), &[tokens::CONTACT_WRITE]),
        (Method::POST, format!("{}/answer", path(NOBODYS_CASE)), &CUSTOMERS),
        (Method::GET, format!("{PERSONS}/nobody/messages?limit=0"), &CUSTOMERS),
        (Method::POST, "/api/v1/announcements".to_owned(), &[tokens::ANNOUNCEMENT_WRITE]),
        (Method::GET, "/api/v1/announcements?limit=0".to_owned(), &READERS),
        (Method::GET, announcement.clone(), &READERS),
        (Method::PUT, announcement.clone(), &[tokens::ANNOUNCEMENT_WRITE]),
        (Method::POST, format!("{announcement}/submission"), &[tokens::ANNOUNCEMENT_WRITE]),
        (Method::POST, format!("{announcement}/approval"), &[tokens::CONTACT_APPROVE]),
        (Method::POST, format!("{announcement}/rejection"), &[tokens::CONTACT_APPROVE]),
        (Method::POST, format!("{announcement}/release"), &[tokens::ANNOUNCEMENT_WRITE]),
        (
            Method::POST,
            format!("{announcement}/stop"),
            &[tokens::ANNOUNCEMENT_WRITE, tokens::CONTACT_APPROVE],
        ),
        (Method::PUT, format!("{announcement}/reading"), &CUSTOMERS),
        (
            Method::POST,
            "/api/v1/applications/nothing/completion".to_owned(),
            &[tokens::APPLICATION_WRITE],
        ),
        (Method::GET, "/api/v1/retention/unanswered?limit=0".to_owned(), &[tokens::CONTACT_READ]),
        (Method::GET, "/api/v1/retention/receipts?limit=0".to_owned(), &[tokens::OPERATOR]),
        (Method::POST, "/api/v1/holds".to_owned(), &[tokens::OPERATOR]),
        (Method::GET, "/api/v1/holds?limit=0".to_owned(), &[tokens::OPERATOR]),
        (Method::POST, format!("/api/v1/holds/{NOBODYS_CASE}/release"), &[tokens::OPERATOR]),
        (Method::GET, "/api/v1/delivery-watch?limit=0".to_owned(), &[tokens::DELIVERY_READ]),
        (Method::POST, "/api/v1/bounces".to_owned(), &[tokens::DELIVERY_WRITE]),
        (Method::GET, "/api/v1/effects?limit=0".to_owned(), &[tokens::OPERATOR]),
        (Method::GET, "/api/v1/resolutions?limit=0".to_owned(), &[tokens::OPERATOR]),
        (Method::GET, effect.clone(), &[tokens::OPERATOR]),
        (Method::POST, format!("{effect}/resolution"), &[tokens::OPERATOR]),
        (Method::POST, format!("{effect}/resolution/approval"), &[tokens::OPERATOR]),
        (Method::POST, format!("{effect}/resolution/withdrawal"), &[tokens::OPERATOR]),
    ]
}

async fn a_token_opens_the_routes_of_its_scope_and_no_other(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    for (method, path, its) in routes() {
        for token in tokens::ALL.into_iter().chain(["", "not-a-token"]) {
            let answer = system.caller.call(method.clone(), &path, token, &json!({})).await?;
            let allowed = match token {
                "" | "not-a-token" => is_refused(&path, &answer, 401, "UNAUTHENTICATED"),
                token if its.contains(&token) => [400, 404, 415, 428].contains(&answer.status),
                _ => is_refused(&path, &answer, 403, "FORBIDDEN"),
            };
            ensure!(allowed, "{method} {path} with {token:?}: {answer:?}");
        }
    }
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(system.caller.get(path, "").await?.status, 200);
    }
    Ok(())
}

/// Opens cases with one key at the same moment until one is refused because another is running.
async fn of_keys(system: &TestSystem, refusals: &mut Refusals) -> anyhow::Result<()> {
    for round in 0..100 {
        let member = Customer::registered(system).await?.member;
        let key = format!("open-{round}");
        let client = system.caller.with(tokens::OPEN).with_idempotency_key(&key);
        let opened = all_at_once(vec![client.clone(); 16], move |client| {
            let member = member.clone();
            async move { Ok(client.open_upgrade(&member).await?.untyped()) }
        });
        let opened = opened.await?;
        let Some(running) = opened.into_iter().find(|answer| answer.status == 409) else {
            continue;
        };
        ensure!(running.retry_after == Some(1), "{running:?}");
        refusals.insert("IDEMPOTENCY_IN_PROGRESS", running);
        let other = client.open_upgrade("another-member").await?.untyped();
        refusals.insert("IDEMPOTENCY_KEY_REUSED", other);
        return Ok(());
    }
    anyhow::bail!("no request met another one with its key")
}

async fn too_much_at_once_is_shed_with_503_and_every_caller_is_served_in_the_end(
    store: Store,
) -> anyhow::Result<()> {
    let narrow = vec![
        ("GROUP_COMMIT__MAX_BATCH", "1".to_owned()),
        ("GROUP_COMMIT__QUEUE_CAPACITY", "1".to_owned()),
    ];
    let system = Arc::new(TestSystem::own(store, narrow).await?);
    let mut customers = Vec::new();
    for _ in 0..64 {
        customers.push(Customer::verified(&system).await?);
    }
    let on = Arc::clone(&system);
    let shed = all_at_once(customers, move |customer| {
        let system = Arc::clone(&on);
        async move { insist(&system, &customer).await }
    });
    let shed: usize = shed.await?.into_iter().sum();
    ensure!(shed > 0, "nothing was shed, so nothing was shown");
    Ok(())
}

/// Retries a verdict until it is accepted; returns the number of rejections.
async fn insist(system: &TestSystem, customer: &Customer) -> anyhow::Result<usize> {
    let deadline = Instant::now() + Duration::from_secs(30);
    for shed in 0.. {
        let answer = system.caller.decide(&customer.member, false).await?;
        if answer.status == 200 {
            assert_eq!(customer.states(system).await?.len(), 3);
            return Ok(shed);
        }
        assert!(is_refusal(&answer, 503, "UNAVAILABLE"), "{answer:?}");
        assert_eq!(answer.retry_after, Some(1));
        ensure!(Instant::now() < deadline, "never served");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    unreachable!("the numbers do not end")
}

async fn the_banks_own_codes_replace_ours_and_nothing_else(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::own(store, Vec::new()).await?;
    let stranger = Customer::stranger();
    let ours = system.caller.decide(&stranger.member, true).await?;
    assert!(is_refusal(&ours, 404, "CUSTOMER_INFO_NOT_FOUND"), "{ours:?}");
    system.stop()?;
    system.installation.add("[error_codes]\nCUSTOMER_INFO_NOT_FOUND = \"10001\"\n")?;
    system.start_again().await?;
    let theirs = system.caller.decide(&stranger.member, true).await?;
    assert_eq!(theirs.body, ours.body.replace("CUSTOMER_INFO_NOT_FOUND", "10001"));
    assert_eq!(theirs.status, 404);
    let other = system.caller.decide("", true).await?;
    assert!(is_refusal(&other, 400, "INVALID_REQUEST"), "{other:?}");
    Ok(())
}

#[test]
fn a_stored_value_that_cannot_be_is_an_internal_error_that_says_nothing_of_it() {
    walk(async {
        let cluster = Cluster::shared();
        let database = cluster.create_database();
        let url = database.url().to_owned();
        let system = TestSystem::on(&TestDatabase::Postgres(database), Vec::new()).await?;
        let customer = Customer::verified(&system).await?;
        let damage = format!(
            "update members set product_name = 'CANARY damaged' where member_id = '{}'",
            customer.member
        );
        psql(cluster, &url, &damage)?;
        let answer = system.caller.decide(&customer.member, true).await?;
        assert!(is_refusal(&answer, 500, "INTERNAL"), "{answer:?}");
        let whole = Customer::verified(&system).await?;
        assert_eq!(system.caller.decide(&whole.member, true).await?.body, SUCCESS);
        let log = system.log()?;
        ensure!(
            !log.contains("CANARY") && !answer.body.contains("CANARY"),
            "the value is reported"
        );
        ensure!(log.contains("\"ERROR\""), "the log shows it to an operator");
        Ok(())
    });
}
