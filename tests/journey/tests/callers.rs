//! Who is calling, over the real binaries: the documented lookups, and the one question.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use madoguchi_journey::api::Api;
use madoguchi_journey::caller::{Answer, CALLERS, CODIGO, CONTEXTOS, Caller};
use madoguchi_journey::crowd::all_at_once;
use madoguchi_journey::database::{Database, Store};
use madoguchi_journey::installation::Installation;
use madoguchi_journey::stage::Stage;
use madoguchi_journey::{on_both_databases, tokens};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

on_both_databases!(
    the_sources_examples_go_through_gateway_client_and_world,
    a_gateway_behind_a_gateway_gives_the_same_answer_to_the_same_question,
    each_failure_downstream_has_its_documented_answer_and_shows_nothing_of_it,
    what_is_known_of_a_caller_is_answered_within_the_deadline,
    two_hundred_slow_questions_leave_the_others_alone,
    who_may_not_ask_is_told_one_thing,
    each_lookup_is_recorded_and_counted,
);

const CONTEXT_EXAMPLE: &str =
    include_str!("../../../crates/itau/tests/fixtures/contextos_reply.json");
const OWNER_EXAMPLE: &str = include_str!("../../../crates/itau/tests/fixtures/codigo_reply.json");
/// An account that nobody in the world owns, at the branch of the source's example.
const NOBODYS: &str = "341341150100098790";

fn example(text: &str) -> anyhow::Result<Value> {
    Ok(serde_json::from_str(text)?)
}

async fn the_sources_examples_go_through_gateway_client_and_world(
    store: Store,
) -> anyhow::Result<()> {
    let stage = Stage::shared(store).await?;
    let asked = json!({ "contextId": "123123213" });
    let answer = stage.caller.gateway(CONTEXTOS, &asked).await?;
    ensure!(answer.status == 200 && answer.json() == example(CONTEXT_EXAMPLE)?, "{answer:?}");
    let headers = |flow| {
        let (user, password) = tokens::GATEWAY;
        [("userName", user), ("password", password), ("x-itau-flowID", flow)]
    };
    let asked = json!({ "codigo_conta": NOBODYS, "tipo_estrutura": "string" });
    let flow = format!("flow-of-{store:?}");
    let answer = stage.caller.call_with(Method::POST, CODIGO, &headers(&flow), &asked).await?;
    ensure!(answer.status == 200 && answer.json() == example(OWNER_EXAMPLE)?, "{answer:?}");

    let received = stage.world.received("codigo").await?;
    let mine = received.iter().find(|it| it["headers"]["x-itau-flowid"] == flow.as_str());
    let mine = mine.context("the question arrived under its flow")?;
    ensure!(mine["body"] == asked, "{mine}");
    let received = stage.world.received("contextos").await?;
    let encoded = json!({ "contextId": "MTIzMTIzMjEz", "encoded": "0" });
    let mine = received.iter().find(|it| it["body"] == encoded).context("it arrived encoded")?;
    let flow = mine["headers"]["x-itau-flowid"].as_str().unwrap_or_default();
    ensure!(flow.len() == 36, "a flow was made: {flow}");
    ensure!(mine["headers"]["x-itau-correlationid"].is_null(), "nothing else is invented");
    let bad = json!({ "codigo_conta": "94****96@qq.com", "tipo_estrutura": "string" });
    let answer = stage.caller.gateway(CODIGO, &bad).await?;
    let message = "codigo_conta must be 18 digits";
    ensure!(answer.status == 400 && answer.json() == json!({ "code": "1", "message": message }));
    Ok(())
}

async fn a_gateway_behind_a_gateway_gives_the_same_answer_to_the_same_question(
    store: Store,
) -> anyhow::Result<()> {
    let stage = Stage::own(store, Vec::new()).await?;
    let dir = tempfile::tempdir()?;
    let database = tokio::task::block_in_place(|| store.database(dir.path()));
    let inner = format!("http://{}", stage.caller.addr());
    let front = tokio::task::block_in_place(|| behind(dir.path(), &database, &inner))?;
    let outer = Caller::new(front.addr())?;
    for asked in [json!({ "contextId": "123123213" }), json!({ "contextId": "CTX0001" })] {
        let (through_one, through_two) = (
            stage.caller.gateway(CONTEXTOS, &asked).await?,
            outer.gateway(CONTEXTOS, &asked).await?,
        );
        ensure!(through_one.status == 200 && through_one == through_two, "{through_two:?}");
        let received = stage.world.received("contextos").await?;
        let [.., one, two] = &received[..] else { anyhow::bail!("two questions arrived") };
        ensure!(one["body"] == two["body"], "{} and {}", one["body"], two["body"]);
    }
    let asked = json!({ "codigo_conta": "341341150000052061" });
    let answers =
        (stage.caller.gateway(CODIGO, &asked).await?, outer.gateway(CODIGO, &asked).await?);
    ensure!(answers.0.status == 200 && answers.0 == answers.1, "{answers:?}");
    let wrong = json!({ "contextId": "nobody" });
    stage.world.plays("contextos", "http_404", None, None).await?;
    let answer = outer.gateway(CONTEXTOS, &wrong).await?;
    ensure!(answer.status == 404, "a status passes both: {answer:?}");
    tokio::task::block_in_place(|| front.stop())
}

/// A server whose downstream is another server.
fn behind(dir: &std::path::Path, database: &Database, inner: &str) -> anyhow::Result<Api> {
    let installation = Installation::new(dir, database, inner, Vec::new())?;
    installation.migrate()?;
    Api::start(&installation)
}

async fn each_failure_downstream_has_its_documented_answer_and_shows_nothing_of_it(
    store: Store,
) -> anyhow::Result<()> {
    let stage = Stage::own(store, Vec::new()).await?;
    for (scenario, status) in [
        ("business_failure", 500),
        ("http_401", 500),
        ("http_404", 404),
        ("http_500", 500),
        ("garbage", 500),
        ("truncated", 500),
        ("slow:5000", 500),
    ] {
        for channel in ["contextos", "codigo"] {
            stage.world.plays(channel, scenario, None, None).await?;
        }
        let context = json!({ "contextId": "CTX0001" });
        let owner = json!({ "codigo_conta": "341341150000052061" });
        let (context, owner) = tokio::join!(
            stage.caller.gateway(CONTEXTOS, &context),
            stage.caller.gateway(CODIGO, &owner),
        );
        for answer in [context?, owner?] {
            let read = answer.json();
            ensure!(answer.status == status, "{scenario}: {answer:?}");
            ensure!(read["code"] == "1" && read.as_object().is_some_and(|it| it.len() == 2));
            ensure!(!answer.body.contains("played"), "{scenario} shows its text: {answer:?}");
        }
        let who = stage.caller.who("CTX0001").await?.data()?;
        ensure!(who["context"]["status"] == "missing", "{scenario}: {who}");
    }
    for channel in ["contextos", "codigo"] {
        stage.world.plays(channel, "object_for_array", None, None).await?;
    }
    let swapped =
        stage.caller.gateway(CODIGO, &json!({ "codigo_conta": "341341150000052061" })).await?;
    ensure!(swapped.json()["data"]["telefones"].is_object(), "in the shape in which it came");
    // Somebody else: for the first one a slow lookup may still be under way, and be joined.
    let who = stage.caller.who("CTX0003").await?.data()?;
    ensure!(
        who["account"]["value"]["phones"][0]["number"] == "987654321",
        "read all the same: {who}"
    );
    nothing_leaks(&stage)
}

fn nothing_leaks(stage: &Stage) -> anyhow::Result<()> {
    let log = stage.log()?;
    ensure!(log.contains("does not accept our user name"), "an operator is told");
    let (user, password) = tokens::GATEWAY;
    let canaries = [
        user,
        password,
        "CTX0001",
        "Q1RYMDAwMQ",
        "341341150000052061",
        "52998224725",
        "Maria",
        "987654321",
        "played downstream",
        "<html>",
    ];
    for canary in canaries {
        ensure!(!log.contains(canary), "{canary} stands in the log");
    }
    Ok(())
}

async fn what_is_known_of_a_caller_is_answered_within_the_deadline(
    store: Store,
) -> anyhow::Result<()> {
    let stage = Stage::own(store, Vec::new()).await?;
    for number in 1..=8 {
        let who = stage.caller.who(&format!("CTX{number:04}")).await?.data()?;
        ensure!(who["account"]["status"] == "fresh", "{number}: {who}");
        ensure!(who["account"]["value"]["isCaller"] == true, "{number}: {who}");
    }
    let nobody = stage.caller.who("CTX0009").await?.data()?;
    ensure!(nobody["account"]["reason"] == "not_identified", "{nobody}");
    let firm = stage.caller.who("CTX0010").await?.data()?;
    ensure!(firm["account"]["value"]["person"] == "legal", "{firm}");
    ensure!(firm["account"]["value"]["isCaller"].is_null(), "{firm}");
    let example = stage.caller.who("123123213").await?.data()?;
    ensure!(example["account"]["reason"] == "not_derivable", "{example}");
    let again = stage.caller.who("CTX0001").await?.data()?;
    ensure!(again["context"]["status"] == "cached", "{again}");
    ensure!(again["context"]["ageMs"].as_i64().is_some(), "{again}");

    stage.world.plays("codigo", "slow:10000", None, None).await?;
    let began = Instant::now();
    let hasty = [("Acstkn", tokens::CALLER), ("x-deadline-ms", "400")];
    let asked = json!({ "contextId": "CTX0002" });
    let answer = stage.caller.call_with(Method::POST, CALLERS, &hasty, &asked).await?.data()?;
    let took = began.elapsed();
    ensure!(answer["context"]["status"] == "cached", "{answer}");
    ensure!(answer["account"] == json!({ "status": "missing", "reason": "late" }), "{answer}");
    ensure!(took < Duration::from_secs(3), "long before the directory: {took:?}");
    Ok(())
}

async fn two_hundred_slow_questions_leave_the_others_alone(store: Store) -> anyhow::Result<()> {
    let stage = Arc::new(Stage::own(store, Vec::new()).await?);
    stage.world.plays("contextos", "slow:10000", None, None).await?;
    let asking = Arc::clone(&stage);
    let questions = tokio::spawn(all_at_once((0..200).collect(), move |number: u32| {
        let stage = Arc::clone(&asking);
        async move { Ok(stage.caller.who(&format!("slow-{number}")).await?) }
    }));
    // While they wait, whoever wants something else is served.
    for _ in 0..20 {
        let answer = stage.caller.get("/api/v1/members/NOBODY", tokens::MEMBER_READ).await?;
        ensure!(answer.is_refusal(404, "CUSTOMER_INFO_NOT_FOUND"), "{answer:?}");
    }
    ensure!(!questions.is_finished(), "the others were served first");
    for answer in questions.await?? {
        let reason = answer.data()?["context"]["reason"].take();
        let known = ["late", "timed_out", "busy", "left_alone"].map(Value::from);
        ensure!(known.contains(&reason), "{reason}");
    }
    Ok(())
}

async fn who_may_not_ask_is_told_one_thing(store: Store) -> anyhow::Result<()> {
    let stage = Stage::shared(store).await?;
    let body = json!({ "codigo_conta": NOBODYS });
    let ask = async |headers: &[(&str, &str)]| -> anyhow::Result<Answer> {
        Ok(stage.caller.call_with(Method::POST, CODIGO, headers, &body).await?)
    };
    let (user, password) = tokens::GATEWAY;
    let absent = ask(&[]).await?;
    ensure!(absent.status == 401 && absent.json()["code"] == "1", "{absent:?}");
    let huge = "x".repeat(8192);
    for headers in [
        [("userName", "nobody"), ("password", password)],
        [("userName", user), ("password", "wrong")],
        [("userName", user), ("password", &huge)],
        [("Acstkn", tokens::CALLER), ("userName", user)],
    ] {
        let answer = ask(&headers).await?;
        ensure!(answer == absent, "{answer:?}");
    }
    let other = stage.caller.post(CALLERS, tokens::READ, &json!({ "contextId": "a" })).await?;
    ensure!(other.is_refusal(403, "FORBIDDEN"), "{other:?}");
    Ok(())
}

async fn each_lookup_is_recorded_and_counted(store: Store) -> anyhow::Result<()> {
    let stage = Stage::own(store, Vec::new()).await?;
    stage.caller.gateway(CONTEXTOS, &json!({ "contextId": "CTX0001" })).await?;
    stage.caller.who("CTX0002").await?;
    let shown = stage.metrics().await?;
    for line in [
        r#"madoguchi_lookups_total{what="contextos",outcome="found"} 2"#,
        r#"madoguchi_lookups_total{what="codigo",outcome="found"} 1"#,
        r#"madoguchi_answers_total{route="/api/v1/callers",status="2xx"} 1"#,
    ] {
        ensure!(shown.contains(line), "{line} is not in {shown}");
    }
    ensure!(shown.contains("madoguchi_lookup_seconds_bucket"), "{shown}");
    ensure!(!shown.contains("CTX000"), "{shown}");
    Ok(())
}
