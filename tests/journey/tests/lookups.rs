//! Each lookup has its documented answer when the downstream fails, its row in the audit log and
//! its metrics; personal data is left nowhere.

use anyhow::ensure;
use madoguchi_client::Method;
use madoguchi_journey::audit_rows::AuditRows;
use madoguchi_journey::caller::{CALLERS, CODIGO, CONTEXTOS};
use madoguchi_journey::database::Store;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::{on_both_databases, tokens};
use serde_json::{Value, json};

on_both_databases!(
    each_failure_downstream_has_its_documented_answer_and_shows_nothing_of_it,
    each_lookup_is_recorded_and_counted,
);

/// The account of `CTX0001`.
const MARIAS: &str = "341341150000052061";
/// The account of `CTX0003`.
const ANAS: &str = "341341187400100090";

/// The personal data in the requests and answers of these journeys.
const PERSONAL: [&str; 14] = [
    "CTX0001",
    "CTX0002",
    "Q1RYMDAwMQ",
    "Q1RYMDAwMg",
    MARIAS,
    ANAS,
    "341341005700123457",
    "12345-7",
    "52998224725",
    "11144477735",
    "Maria",
    "Souza",
    "987654321",
    "jane.doe",
];

/// Scenario of the downstream, status at the gateway, reason in the API's lookup.
const FAILURES: [(&str, u16, &str); 7] = [
    ("business_failure", 500, "failed"),
    ("http_401", 500, "misconfigured"),
    ("http_404", 404, "not_found"),
    ("http_500", 500, "status"),
    ("garbage", 500, "unreadable"),
    ("truncated", 500, "unreadable"),
    ("slow:5000", 500, "timed_out"),
];

async fn each_failure_downstream_has_its_documented_answer_and_shows_nothing_of_it(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::own(store, Vec::new()).await?;
    for failure in FAILURES {
        fails_as(&system, failure).await?;
    }
    for channel in ["contextos", "codigo"] {
        system.world.plays(channel, "object_for_array", None, None).await?;
    }
    let swapped = system.caller.gateway(CODIGO, &json!({ "codigo_conta": MARIAS })).await?;
    ensure!(swapped.json()["data"]["telefones"].is_object(), "in the shape in which it came");
    let who = system.caller.who("CTX0003").await?.data()?;
    ensure!(
        who["account"]["value"]["phones"][0]["number"] == "987654321",
        "read all the same: {who}"
    );
    nothing_leaks(&system)
}

/// Checks the failure of both lookups at the gateway, and of each part in the API's lookup.
async fn fails_as(
    system: &TestSystem,
    (scenario, status, reason): (&str, u16, &str),
) -> anyhow::Result<()> {
    for channel in ["contextos", "codigo"] {
        system.world.plays(channel, scenario, None, None).await?;
    }
    let context = json!({ "contextId": "CTX0001" });
    let owner = json!({ "codigo_conta": MARIAS });
    let (context, owner, who) = tokio::join!(
        system.caller.gateway(CONTEXTOS, &context),
        system.caller.gateway(CODIGO, &owner),
        system.caller.who_within("CTX0001", 10_000),
    );
    for answer in [context?, owner?] {
        let read = answer.json();
        ensure!(answer.status == status, "{scenario}: {answer:?}");
        ensure!(read["code"] == "1" && read.as_object().is_some_and(|it| it.len() == 2));
        ensure!(!answer.body.contains("simulated"), "{scenario} shows its text: {answer:?}");
    }
    let missing = json!({ "status": "missing", "reason": reason });
    let who = who?.data()?;
    ensure!(who["context"] == missing, "{scenario}: {who}");
    ensure!(who["account"]["reason"] == "no_context", "{scenario}: {who}");

    system.world.plays("contextos", "ok", None, None).await?;
    let who = system.caller.who_within("CTX0002", 10_000).await?.data()?;
    ensure!(who["context"]["value"].is_object(), "{scenario}: {who}");
    ensure!(who["account"] == missing, "{scenario}: {who}");
    Ok(())
}

fn nothing_leaks(system: &TestSystem) -> anyhow::Result<()> {
    let log = system.log()?;
    ensure!(log.contains("does not accept our user name"), "the log shows it to an operator");
    let (user, password) = tokens::GATEWAY;
    let besides = [user, password, "simulated downstream", "<html>"];
    for canary in PERSONAL.into_iter().chain(besides) {
        ensure!(!log.contains(canary), "{canary} stands in the log");
    }
    Ok(())
}

async fn each_lookup_is_recorded_and_counted(store: Store) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let database = tokio::task::block_in_place(|| store.database(dir.path()));
    let system = TestSystem::on(&database, Vec::new()).await?;
    five_lookups(&system).await?;
    let audit_rows = AuditRows::read(&database)?;
    let expected = [
        "context.looked_up|lookup|flow-1|found|journey|chat_itau_oiap|SYSTEM|call-1",
        "account.looked_up|lookup|flow-2|found|journey|chat_itau_oiap|SYSTEM|call-2",
        "account.looked_up|lookup|flow-3|not_found|journey|chat_itau_oiap|SYSTEM|call-3",
        "caller.looked_up|lookup|flow-4|context=fresh account=fresh|journey|caller.read-agent|\
         HUMAN|call-4",
        "caller.looked_up|lookup|flow-5|context=cached account=fresh|journey|caller.read-agent|\
         HUMAN|request-5",
    ];
    for row in expected {
        ensure!(audit_rows.holds(row), "{row} is not in the audit log");
        let other = row.replace("|SYSTEM|", "|HUMAN|").replace("=fresh|", "=late|");
        ensure!(!audit_rows.holds(&other), "{other} is in the audit_rows");
    }
    if let Some(rows) = audit_rows.lookups() {
        ensure!(rows == expected, "{rows:#?}");
    }
    let shown = system.metrics().await?;
    for line in [
        r#"madoguchi_lookups_total{what="contextos",outcome="found"} 2"#,
        r#"madoguchi_lookups_total{what="codigo",outcome="found"} 3"#,
        r#"madoguchi_lookups_total{what="codigo",outcome="not_found"} 1"#,
        r#"madoguchi_lookup_duration_seconds_count{what="contextos"} 2"#,
        r#"madoguchi_lookup_duration_seconds_count{what="codigo"} 4"#,
        r#"madoguchi_http_requests_total{route="/api/v1/callers",status="200"} 2"#,
        r#"madoguchi_gateway_logins_total{outcome="accepted"} 1"#,
        r#"madoguchi_gateway_logins_total{outcome="cached"} 2"#,
        r#"madoguchi_gateway_logins_total{outcome="rejected"} 1"#,
    ] {
        ensure!(shown.lines().any(|shown| shown == line), "{line} is not in {shown}");
    }
    for canary in PERSONAL.into_iter().chain([tokens::GATEWAY.1, tokens::CALLER]) {
        ensure!(!audit_rows.tells(canary), "{canary} stands in the audit log");
        ensure!(!shown.contains(canary), "{canary} stands among the numbers");
    }
    Ok(())
}

/// Two found and one not found at the gateway, and two of both kinds in the API's lookup. The
/// first four have their own correlation id, the last has none. A sixth has a wrong password,
/// so it is no lookup.
async fn five_lookups(system: &TestSystem) -> anyhow::Result<()> {
    system.world.plays("codigo", "http_404", Some(ANAS), Some(1)).await?;
    let (user, password) = tokens::GATEWAY;
    let desktop = [("userName", user), ("password", password)];
    let agent = [("Acstkn", tokens::CALLER)];
    let asked = [
        (CONTEXTOS, &desktop[..], json!({ "contextId": "CTX0001" }), 200),
        (CODIGO, &desktop[..], json!({ "codigo_conta": MARIAS }), 200),
        (CODIGO, &desktop[..], json!({ "codigo_conta": ANAS }), 404),
        (CALLERS, &agent[..], json!({ "contextId": "CTX0002" }), 200),
    ];
    for (number, (path, who, body, status)) in (1..).zip(asked) {
        let (flow, call) = (format!("flow-{number}"), format!("call-{number}"));
        let ids = [("x-itau-flowID", flow.as_str()), ("x-itau-correlationID", call.as_str())];
        asks(system, path, &[who, &ids[..]].concat(), &body, status).await?;
    }
    let ids = [("x-itau-flowID", "flow-5"), ("x-request-id", "request-5")];
    let body = json!({ "contextId": "CTX0002" });
    asks(system, CALLERS, &[&agent[..], &ids[..]].concat(), &body, 200).await?;
    let guessed = [("userName", user), ("password", "guessed")];
    asks(system, CONTEXTOS, &guessed, &body, 401).await
}

async fn asks(
    system: &TestSystem,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
    status: u16,
) -> anyhow::Result<()> {
    let answer = system.caller.call_with(Method::POST, path, headers, body).await?;
    ensure!(answer.status == status, "{path}: {answer:?}");
    Ok(())
}
