//! Caller identification over the real binaries: the documented lookups and the API's lookup.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use madoguchi_client::Method;
use madoguchi_journey::api::Api;
use madoguchi_journey::caller::{CALLERS, CODIGO, CONTEXTOS, Caller, HttpAnswer, is_refusal};
use madoguchi_journey::crowd::all_at_once;
use madoguchi_journey::database::{Store, TestDatabase};
use madoguchi_journey::installation::Installation;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::{on_both_databases, tokens};
use serde_json::{Value, json};
use tokio::time::Instant;

on_both_databases!(
    the_sources_examples_go_through_gateway_client_and_world,
    a_gateway_behind_a_gateway_gives_the_same_answer_to_the_same_question,
    what_is_known_of_a_caller_is_answered_within_the_deadline,
    two_hundred_slow_questions_leave_the_others_alone,
    who_may_not_ask_is_told_one_thing,
);

const CONTEXT_EXAMPLE: &str =
    include_str!("../../../crates/itau/tests/fixtures/contextos_reply.json");
const OWNER_EXAMPLE: &str = include_str!("../../../crates/itau/tests/fixtures/codigo_reply.json");
/// Default of `itau.max_concurrent_calls`: maximum concurrent lookups of one kind.
const AT_ONCE: usize = 64;
/// An account without an owner in the world, at the branch of the source's example.
const NOBODYS: &str = "341341150100098790";

fn example(text: &str) -> anyhow::Result<Value> {
    Ok(serde_json::from_str(text)?)
}

async fn the_sources_examples_go_through_gateway_client_and_world(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let asked = json!({ "contextId": "123123213" });
    let answer = system.caller.gateway(CONTEXTOS, &asked).await?;
    ensure!(answer.status == 200 && answer.json() == example(CONTEXT_EXAMPLE)?, "{answer:?}");
    let headers = |flow| {
        let (user, password) = tokens::GATEWAY;
        [("userName", user), ("password", password), ("x-itau-flowID", flow)]
    };
    let asked = json!({ "codigo_conta": NOBODYS, "tipo_estrutura": "string" });
    let flow = format!("flow-of-{store:?}");
    let answer = system.caller.call_with(Method::POST, CODIGO, &headers(&flow), &asked).await?;
    ensure!(answer.status == 200 && answer.json() == example(OWNER_EXAMPLE)?, "{answer:?}");

    let received = system.world.received("codigo").await?;
    let mine = received.iter().find(|it| it["headers"]["x-itau-flowid"] == flow.as_str());
    let mine = mine.context("the question arrived under its flow")?;
    ensure!(mine["body"] == asked, "{mine}");
    let received = system.world.received("contextos").await?;
    let encoded = json!({ "contextId": "MTIzMTIzMjEz", "encoded": "0" });
    let mine = received.iter().find(|it| it["body"] == encoded).context("it arrived encoded")?;
    let flow = mine["headers"]["x-itau-flowid"].as_str().unwrap_or_default();
    ensure!(flow.len() == 36, "a flow was made: {flow}");
    ensure!(mine["headers"]["x-itau-correlationid"].is_null(), "nothing else is invented");
    let bad = json!({ "codigo_conta": "94****96@qq.com", "tipo_estrutura": "string" });
    let answer = system.caller.gateway(CODIGO, &bad).await?;
    let message = "codigo_conta must be 18 digits";
    ensure!(answer.status == 400 && answer.json() == json!({ "code": "1", "message": message }));
    Ok(())
}

async fn a_gateway_behind_a_gateway_gives_the_same_answer_to_the_same_question(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::own(store, Vec::new()).await?;
    let dir = tempfile::tempdir()?;
    let database = tokio::task::block_in_place(|| store.database(dir.path()));
    let inner = format!("http://{}", system.caller.addr());
    let front = tokio::task::block_in_place(|| behind(dir.path(), &database, &inner))?;
    let outer = Caller::new(front.addr())?;
    for asked in [json!({ "contextId": "123123213" }), json!({ "contextId": "CTX0001" })] {
        let (through_one, through_two) = (
            system.caller.gateway(CONTEXTOS, &asked).await?,
            outer.gateway(CONTEXTOS, &asked).await?,
        );
        ensure!(through_one.status == 200 && through_one == through_two, "{through_two:?}");
        let received = system.world.received("contextos").await?;
        let [.., one, two] = &received[..] else { anyhow::bail!("two questions arrived") };
        ensure!(one["body"] == two["body"], "{} and {}", one["body"], two["body"]);
    }
    let asked = json!({ "codigo_conta": "341341150000052061" });
    let answers =
        (system.caller.gateway(CODIGO, &asked).await?, outer.gateway(CODIGO, &asked).await?);
    ensure!(answers.0.status == 200 && answers.0 == answers.1, "{answers:?}");
    let wrong = json!({ "contextId": "nobody" });
    system.world.plays("contextos", "http_404", None, None).await?;
    let answer = outer.gateway(CONTEXTOS, &wrong).await?;
    ensure!(answer.status == 404, "a status passes both: {answer:?}");
    tokio::task::block_in_place(|| front.stop())
}

/// A server whose downstream is another server.
fn behind(dir: &std::path::Path, database: &TestDatabase, inner: &str) -> anyhow::Result<Api> {
    let installation = Installation::new(dir, database, inner, Vec::new())?;
    installation.migrate()?;
    Api::start(&installation)
}

async fn what_is_known_of_a_caller_is_answered_within_the_deadline(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::own(store, Vec::new()).await?;
    for number in 1..=8 {
        let who = system.caller.who(&format!("CTX{number:04}")).await?.data()?;
        ensure!(who["account"]["status"] == "fresh", "{number}: {who}");
        ensure!(who["account"]["value"]["isCaller"] == true, "{number}: {who}");
    }
    let nobody = system.caller.who("CTX0009").await?.data()?;
    ensure!(nobody["account"]["reason"] == "not_identified", "{nobody}");
    let firm = system.caller.who("CTX0010").await?.data()?;
    ensure!(firm["account"]["value"]["person"] == "legal", "{firm}");
    ensure!(firm["account"]["value"]["isCaller"].is_null(), "{firm}");
    let example = system.caller.who("123123213").await?.data()?;
    ensure!(example["account"]["reason"] == "not_derivable", "{example}");
    let again = system.caller.who("CTX0001").await?.data()?;
    ensure!(again["context"]["status"] == "cached", "{again}");
    ensure!(again["context"]["ageMs"].as_i64().is_some(), "{again}");

    system.world.plays("codigo", "slow:10000", None, None).await?;
    let began = Instant::now();
    let answer = system.caller.who_within("CTX0002", 1500).await?.data()?;
    let took = began.elapsed();
    ensure!(answer["context"]["status"] == "cached", "{answer}");
    ensure!(
        answer["account"] == json!({ "status": "missing", "reason": "deadline_exceeded" }),
        "{answer}"
    );
    ensure!(took < Duration::from_secs(3), "long before the directory: {took:?}");
    Ok(())
}

async fn two_hundred_slow_questions_leave_the_others_alone(store: Store) -> anyhow::Result<()> {
    let patient = vec![("ITAU__TIMEOUT_MS", "8000".to_owned())];
    let system = Arc::new(TestSystem::own(store, patient).await?);
    system.world.plays("contextos", "slow:10000", None, None).await?;
    let answered = Arc::new(AtomicUsize::new(0));
    let (asking, answers) = (Arc::clone(&system), Arc::clone(&answered));
    let questions = tokio::spawn(all_at_once((0..200).collect(), move |number: u32| {
        let (system, answers) = (Arc::clone(&asking), Arc::clone(&answers));
        async move {
            let answer = system.caller.who_within(&format!("slow-{number}"), 10_000).await;
            answers.fetch_add(1, Ordering::Relaxed);
            Ok(answer?)
        }
    }));
    let arrived = system.world.arrived("contextos", AT_ONCE).await?;
    ensure!(arrived == AT_ONCE, "{arrived} at the downstream at once");
    // While they wait, other requests are served.
    let began = Instant::now();
    for _ in 0..20 {
        let answer = system.caller.get("/api/v1/members/NOBODY", tokens::MEMBER_READ).await?;
        ensure!(is_refusal(&answer, 404, "CUSTOMER_INFO_NOT_FOUND"), "{answer:?}");
    }
    let took = began.elapsed();
    ensure!(took < Duration::from_secs(2), "the others waited: {took:?}");
    let arrived = system.world.received("contextos").await?.len();
    ensure!(arrived == AT_ONCE, "{arrived} at the downstream at once");
    let answered = answered.load(Ordering::Relaxed);
    ensure!(answered == 0, "{answered} questions were answered before the others");
    let mut asked = 0;
    for answer in questions.await?? {
        let reason = answer.data()?["context"]["reason"].take();
        ensure!(reason == "timed_out" || reason == "busy", "{reason}");
        asked += usize::from(reason == "timed_out");
    }
    ensure!(asked >= AT_ONCE, "{asked} had been at the downstream");
    Ok(())
}

async fn who_may_not_ask_is_told_one_thing(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let body = json!({ "codigo_conta": NOBODYS });
    let ask = async |headers: &[(&str, &str)]| -> anyhow::Result<HttpAnswer> {
        Ok(system.caller.call_with(Method::POST, CODIGO, headers, &body).await?)
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
    let other = system.caller.post(CALLERS, tokens::READ, &json!({ "contextId": "a" })).await?;
    ensure!(is_refusal(&other, 403, "FORBIDDEN"), "{other:?}");
    Ok(())
}
