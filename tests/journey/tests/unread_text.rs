//! Unused text in a reply never affects the used fields, whatever its charset or form.

use anyhow::{Context, ensure};
use madoguchi_journey::caller::{CODIGO, CONTEXTOS, HttpAnswer};
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::Store;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::wire::{exchange, post};
use madoguchi_journey::{on_both_databases, tokens};
use madoguchi_testkit::samples;
use madoguchi_testkit::server::http_stub::{HttpStub, Received, StubBehaviour, StubResponse};
use serde_json::json;

on_both_databases!(
    keys_that_are_passed_over_deny_no_lookup,
    a_refused_body_names_the_rule_it_breaks,
    a_lone_surrogate_in_a_reply_hides_no_caller,
    a_reply_in_latin_1_is_read_and_passed_on_in_utf_8,
    a_number_with_punctuation_is_the_callers_own,
    a_description_of_any_kind_spoils_no_proof,
    a_proof_field_that_is_no_text_proves_nothing,
);

/// The account that the sample context names.
const MARIAS: &str = "341341150000052061";

/// Posts these bytes to the gateway as its user.
async fn at_gateway(system: &TestSystem, path: &str, body: &[u8]) -> anyhow::Result<HttpAnswer> {
    let (user, password) = tokens::GATEWAY;
    let headers =
        format!("userName: {user}\r\npassword: {password}\r\nContent-Type: application/json\r\n");
    exchange(system.caller.addr(), &post(path, &headers, body)).await
}

async fn keys_that_are_passed_over_deny_no_lookup(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    for (path, asked) in [
        (CONTEXTOS, r#""contextId":"CTX0001""#.to_owned()),
        (CODIGO, format!(r#""codigo_conta":"{MARIAS}""#)),
    ] {
        for more in [
            r#""agent":"\ud83d""#,
            r#""agent":1e999"#,
            r#""\ud83d":"\udc00""#,
            r#""agent":{"\udc00":[-1e999,"\ud83d"]},"agent":null"#,
        ] {
            for body in [format!("{{{asked},{more}}}"), format!("{{{more},{asked}}}")] {
                let answer = at_gateway(&system, path, body.as_bytes()).await?;
                ensure!(answer.status == 200, "{body}: {answer:?}");
            }
        }
    }
    Ok(())
}

async fn a_refused_body_names_the_rule_it_breaks(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let keys = ",\"x\":1".repeat(256);
    let deep = |open: &str| format!("{{\"contextId\":\"a\",\"x\":{}", open.repeat(5000));
    let twice = r#"{"contextId":"canary","contextId":"canary"}"#;
    for (body, message) in [
        (&b"{\"contextId\":\"a\",\"x\":\"\xff\"}"[..], "the body must be UTF-8"),
        (b"{\"contextId\":\"canary\"", "the body must be valid JSON"),
        (b"{\"contextId\":\"canary\"} canary", "the body must be valid JSON"),
        (b"[\"canary\"]", "the body must be an object"),
        (
            format!("{{\"contextId\":\"a\"{keys}}}").as_bytes(),
            "the body must have at most 256 keys",
        ),
        (deep("[").as_bytes(), "the body must not nest deeper than 128 levels"),
        (deep("{\"a\":").as_bytes(), "the body must not nest deeper than 128 levels"),
        (twice.as_bytes(), "contextId must be given only once, not twice"),
        (b"{\"contextId\":\"\\ud83d\"}", "contextId must not contain a lone surrogate"),
        (b"{\"contextId\":1e999}", "contextId must be text"),
    ] {
        let answer = at_gateway(&system, CONTEXTOS, body).await?;
        let expected = json!({ "code": "1", "message": message });
        ensure!(answer.status == 400 && answer.json() == expected, "{message}: {answer:?}");
    }
    Ok(())
}

/// A system whose downstream is this stub.
async fn asking(store: Store, stub: &HttpStub) -> anyhow::Result<TestSystem> {
    TestSystem::own(store, vec![("ITAU__URL", stub.url(""))]).await
}

/// Answers both lookups with these bodies.
fn answers(stub: &HttpStub, content_type: &'static str, context: Vec<u8>, owner: Vec<u8>) {
    stub.from_now_on(StubBehaviour::compute(move |request| {
        let body = if request.path() == CONTEXTOS { &context } else { &owner };
        StubResponse::new(200, body.clone()).with_header("content-type", content_type)
    }));
}

async fn a_lone_surrogate_in_a_reply_hides_no_caller(store: Store) -> anyhow::Result<()> {
    let stub = HttpStub::start().await?;
    let system = asking(store, &stub).await?;
    let more = r#"{"\ud83d":"half an emoji: \ud83d","note":{"\udc00":[1e999]},"#;
    let context = samples::CONTEXT_DOCUMENT.replacen('{', more, 1);
    let context = context.replace(r#""u_ion":"x""#, r#""u_ion":"\ude00\ud83d""#);
    let owner = samples::OWNER_DOCUMENT.replacen('{', more, 1).replace("1e2", "\"\\ud83d\"");
    answers(&stub, "application/json", context.clone().into(), owner.clone().into());
    let who = system.caller.who("CTX-MARIA").await?.data()?;
    ensure!(who["context"]["value"]["identification"] == "AUT", "{who}");
    ensure!(who["account"]["value"]["isCaller"] == true, "{who}");
    let asked = json!({ "contextId": "CTX-MARIA" });
    let answer = system.caller.gateway(CONTEXTOS, &asked).await?;
    ensure!(answer.status == 200 && answer.body == context, "as it came: {answer:?}");
    let answer = system.caller.gateway(CODIGO, &json!({ "codigo_conta": MARIAS })).await?;
    ensure!(answer.status == 200 && answer.body == owner, "as it came: {answer:?}");
    Ok(())
}

async fn a_reply_in_latin_1_is_read_and_passed_on_in_utf_8(store: Store) -> anyhow::Result<()> {
    let stub = HttpStub::start().await?;
    let system = asking(store, &stub).await?;
    let owner = samples::OWNER_DOCUMENT.replace("Maria Silva", "João Conceição");
    // Each character is one byte in Latin-1, equal to its code point.
    let latin_1: Vec<u8> =
        owner.chars().map(u32::from).map(u8::try_from).collect::<Result<_, _>>()?;
    for (content_type, body) in [
        ("application/json", latin_1.clone()),
        ("application/json; charset=ISO-8859-1", latin_1),
        ("application/json; charset=ISO-8859-1", owner.clone().into()),
    ] {
        answers(&stub, content_type, samples::CONTEXT_DOCUMENT.into(), body);
        let who = system.caller.who("CTX-MARIA").await?.data()?;
        ensure!(who["account"]["value"]["name"] == "João Conceição", "{content_type}: {who}");
        let answer = system.caller.gateway(CODIGO, &json!({ "codigo_conta": MARIAS })).await?;
        ensure!(answer.status == 200 && answer.body == owner, "{content_type}: {answer:?}");
    }
    Ok(())
}

async fn a_number_with_punctuation_is_the_callers_own(store: Store) -> anyhow::Result<()> {
    let stub = HttpStub::start().await?;
    let system = asking(store, &stub).await?;
    let (plain, padded) = ("52998224725", "00052998224725");
    // Seven digits with a valid check digit: an owner is shown only if it is the caller.
    let context = samples::CONTEXT_DOCUMENT.replace("\"u_cc\":\"00052061\"", "\"u_cc\":\"52061\"");
    for (callers, owners) in [
        ("529.982.247-25", padded),
        (plain, "529.982.247-25"),
        (" 529 982 247 25", "000.529.982.247-25"),
    ] {
        let context = context.replace(plain, callers);
        let owner = samples::OWNER_DOCUMENT.replace(padded, owners);
        answers(&stub, "application/json", context.into(), owner.into());
        let who = system.caller.who("CTX-MARIA").await?.data()?;
        ensure!(who["context"]["value"]["cpf"] == "***.982.247-**", "{callers}: {who}");
        ensure!(who["account"]["value"]["isCaller"] == true, "{callers}, {owners}: {who}");
        ensure!(who["account"]["value"]["taxId"] == "***.982.247-**", "{owners}: {who}");
    }
    Ok(())
}

/// The core bank's reply to an order: applied, with these bytes as the description.
fn applied(order: &Received, description: &[u8]) -> StubResponse {
    let order = order.json();
    let text = json!({
        "amheader": { "TransactionID": order["amheader"]["TransactionID"] },
        "ambody": { "AcctInfoModRs": { "ServiceBody": {
            "RtrnStatCode": [{ "RtrnCode": "200", "RtrnDesc": null }],
            "CustInfo": order["ambody"]["AcctInfoModRq"]["ServiceBody"]["CustInfo"],
        } } },
    });
    let text = text.to_string();
    let (before, after) = text.split_once("null").unwrap_or_default();
    StubResponse::json(200, [before.as_bytes(), description, after.as_bytes()].concat())
}

/// The effect's final state after a passed verdict at this bank, and the number of requests.
async fn passed(system: &TestSystem, bank: &HttpStub) -> anyhow::Result<(String, usize)> {
    let before = bank.received().len();
    let customer = Customer::verified(system).await?;
    system.caller.decide(&customer.member, true).await?.data()?;
    let case = customer.settled(system).await?;
    let state = case["coreBank"]["state"].as_str().context("a state")?;
    Ok((state.to_owned(), bank.received().len() - before))
}

async fn a_description_of_any_kind_spoils_no_proof(store: Store) -> anyhow::Result<()> {
    let bank = HttpStub::start().await?;
    let system = TestSystem::own(store, vec![("ESB__URL", bank.url("/esb"))]).await?;
    for description in [
        // 交易成功 in Big5, whose last byte is a backslash.
        &b"\"\xa5\xe6\xa9\xf6\xa6\xa8\xa5\\\""[..],
        "\"交易成功\"".as_bytes(),
        b"\"\xff\xfe\"",
        b"\"\\ud83d\"",
        b"1e999",
        b"{\"a\":[true]}",
        b"\"a\",\"RtrnDesc\":\"b\"",
    ] {
        bank.from_now_on(StubBehaviour::compute(move |order| applied(order, description)));
        let shown = String::from_utf8_lossy(description);
        let came_of_it = passed(&system, &bank).await?;
        ensure!(came_of_it == ("Confirmed".to_owned(), 1), "{shown}: {came_of_it:?}");
    }
    Ok(())
}

async fn a_proof_field_that_is_no_text_proves_nothing(store: Store) -> anyhow::Result<()> {
    let bank = HttpStub::start().await?;
    let changed =
        vec![("ESB__URL", bank.url("/esb")), ("EFFECTS__AMBIGUOUS_TRIES", "1".to_owned())];
    let system = TestSystem::own(store, changed).await?;
    for (field, damage) in [
        ("TransactionID", &b"\xff"[..]),
        ("TransactionID", b"\\ud83d"),
        ("ArrngId", b"\xff"),
        ("DgtlLvl", b"\\udc00"),
        ("RtrnCode", b"\xa5\xe6"),
    ] {
        bank.from_now_on(StubBehaviour::compute(move |order| {
            let whole = applied(order, b"null");
            let begins = format!("\"{field}\":\"");
            let at = whole.body.windows(begins.len()).position(|part| part == begins.as_bytes());
            let (before, after) = whole.body.split_at(at.unwrap_or_default() + begins.len());
            StubResponse::json(200, [before, damage, after].concat())
        }));
        let came_of_it = passed(&system, &bank).await?;
        ensure!(came_of_it == ("Manual".to_owned(), 1), "{field} {damage:?}: {came_of_it:?}");
    }
    Ok(())
}
