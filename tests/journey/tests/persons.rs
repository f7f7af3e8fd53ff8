//! Personal data of persons is in clear in no log, error, metric, audit row or database file.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::ensure;
use madoguchi_client::Method;
use madoguchi_journey::audit_rows::AuditRows;
use madoguchi_journey::caller::{HttpAnswer, is_coded_refusal, is_refusal};
use madoguchi_journey::canaries::Canaries;
use madoguchi_journey::database::Store;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::{on_both_databases, tokens};
use serde_json::{Value, json};

on_both_databases!(what_is_known_of_a_person_is_in_clear_nowhere);

/// Parts of every personal value that is sent here, valid or not.
const CANARIES: Canaries = Canaries(&[
    "canary.first",
    "canary.second",
    "canary.third",
    "Canaryhost",
    "canaryhost",
    "9076543210",
    "76-543-210",
    "90-7654-3210",
    "canaryidentity",
    "canaryreason",
    "canarybad",
    "canarykey",
    "canaryname",
    "canaryperson",
]);
const PERSONS: &str = "/api/v1/persons";
const SEARCH: &str = "/api/v1/persons/search";
const PERSON: &str = "/api/v1/persons/PER-KNOWN";
const DETAILS: &str = "/api/v1/persons/PER-KNOWN/contact-details";
const HISTORY: &str = "/api/v1/persons/PER-KNOWN/history";

async fn what_is_known_of_a_person_is_in_clear_nowhere(store: Store) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let database = tokio::task::block_in_place(|| store.database(dir.path()));
    let system = TestSystem::on(&database, vec![("RUST_LOG", "trace".to_owned())]).await?;
    let mut answers = registered(&system).await?;
    answers.extend(keyed(&system).await?);
    answers.extend(changed(&system).await?);
    answers.extend(refused(&system).await?);
    answers.extend(masked(&system).await?);
    answers.extend(acted_for(&system).await?);
    answers.extend(without_keys(&system).await?);
    CANARIES.are_nowhere(&system, &database, &answers, "PER-KNOWN").await?;
    let audit = AuditRows::read(&database)?;
    ensure!(audit.tells("person.revealed"), "reading in clear is recorded");
    Ok(())
}

fn person() -> Value {
    json!({
        "personId": "PER-KNOWN",
        "accountId": "ACC-KNOWN",
        "email": "canary.first@Canaryhost.example",
        "phone": "090-7654-3210",
        "externalIdentity": "canaryidentity-17",
    })
}

/// The person with another value.
fn with(field: &str, value: impl Into<Value>) -> Value {
    let mut other = person();
    other[field] = value.into();
    other
}

async fn registered(system: &TestSystem) -> anyhow::Result<Vec<HttpAnswer>> {
    let register =
        |body| async move { system.caller.post(PERSONS, tokens::PERSON_WRITE, &body).await };
    let first = register(person()).await?;
    ensure!(first.status == 201, "{first:?}");
    let again = register(person()).await?;
    ensure!(again.status == 200, "{again:?}");
    let mut answers = vec![first, again];
    for other in [
        with("email", "canary.third@canaryhost.example"),
        with("phone", "+81 90-7654-3211"),
        with("externalIdentity", "canaryidentity-18"),
        with("personId", "PER-OTHER"),
    ] {
        let answer = register(other).await?;
        ensure!(is_refusal(&answer, 409, "PERSON_CONFLICT"), "{answer:?}");
        answers.push(answer);
    }
    for (field, value) in [
        ("email", json!("canarybad no address")),
        ("email", json!(["canarybad"])),
        ("phone", json!("canarybad")),
        ("locale", json!("canarybad")),
        ("externalIdentity", json!("canarybad".repeat(40))),
        ("canarybad", json!(1)),
    ] {
        let answer = register(with(field, value)).await?;
        ensure!(is_refusal(&answer, 400, "INVALID_REQUEST"), "{answer:?}");
        answers.push(answer);
    }
    // A second person with the same e-mail address, so that it is ambiguous.
    let mut second = with("personId", "PER-SECOND");
    second["accountId"] = "ACC-SECOND".into();
    answers.push(register(second).await?);
    Ok(answers)
}

/// Registrations with an idempotency key: stored, replayed, refused.
async fn keyed(system: &TestSystem) -> anyhow::Result<Vec<HttpAnswer>> {
    let client = system.caller.with(tokens::PERSON_WRITE);
    let third = json!({
        "personId": "PER-THIRD", "accountId": "ACC-THIRD", "phone": "090-7654-3210",
    });
    let register = async |key: &str, body: &Value| -> anyhow::Result<HttpAnswer> {
        Ok(client.with_idempotency_key(key).post(PERSONS, body).await?)
    };
    let first = register("canarykey-1", &third).await?;
    let again = register("canarykey-1", &third).await?;
    ensure!(first.status == 201 && again.status == 201 && again.is_replayed, "{again:?}");
    let same = register("canarykey-2", &third).await?;
    let same_again = register("canarykey-2", &third).await?;
    ensure!(same.status == 200 && same_again.is_replayed, "{same_again:?}");
    let reused = register("canarykey-1", &person()).await?;
    ensure!(is_refusal(&reused, 422, "IDEMPOTENCY_KEY_REUSED"), "{reused:?}");
    let long = register(&"canarykey".repeat(40), &third).await?;
    ensure!(is_refusal(&long, 400, "INVALID_REQUEST"), "{long:?}");
    Ok(vec![first, again, same, same_again, reused, long])
}

async fn changed(system: &TestSystem) -> anyhow::Result<Vec<HttpAnswer>> {
    let mut answers = Vec::new();
    let second = json!({ "email": "canary.second@canaryhost.example" });
    let stop = json!({ "mailStopped": true, "mailStopReason": "canaryreason 1" });
    for (if_match, body, status) in [
        (Some("\"1\""), &second, 200),
        (Some("\"1\""), &stop, 412),
        (Some("*"), &stop, 200),
        (None, &stop, 428),
        (Some("canarybad"), &stop, 400),
        (Some("*"), &json!({ "mailStopReason": "canaryreason 2" }), 400),
        (Some("*"), &json!({ "email": "canarybad" }), 400),
    ] {
        let mut headers = vec![("Acstkn", tokens::PERSON_WRITE)];
        headers.extend(if_match.map(|tag| ("If-Match", tag)));
        let answer = system.caller.call_with(Method::PUT, DETAILS, &headers, body).await?;
        ensure!(answer.status == status, "{if_match:?}: {answer:?}");
        answers.push(answer);
    }
    let path = "/api/v1/accounts/ACC-KNOWN";
    for body in [json!({ "mailNotification": false }), json!({ "mailNotification": "canarybad" })] {
        answers.push(system.caller.call(Method::PATCH, path, tokens::PERSON_WRITE, &body).await?);
    }
    Ok(answers)
}

/// Every general refusal of every route, with bodies that hold personal data.
async fn refused(system: &TestSystem) -> anyhow::Result<Vec<HttpAnswer>> {
    let mut answers = Vec::new();
    let routes = [
        (Method::POST, PERSONS),
        (Method::POST, SEARCH),
        (Method::PUT, DETAILS),
        (Method::GET, PERSON),
        (Method::GET, HISTORY),
        (Method::PATCH, "/api/v1/accounts/ACC-KNOWN"),
        (Method::DELETE, PERSON),
    ];
    for (method, path) in routes {
        for token in
            ["", "canarybad-token", tokens::READ, tokens::PERSON_READ, tokens::PERSON_WRITE]
        {
            let huge = json!({ "canarybad": "x".repeat(40_000) });
            // Null is sent as no body, and so without a content type.
            for body in [person(), json!("canarybad"), huge, Value::Null] {
                answers.push(system.caller.call(method.clone(), path, token, &body).await?);
            }
        }
    }
    let shown: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    for status in [400, 401, 403, 405, 413, 415] {
        ensure!(shown.contains(&status), "{status} was not forced");
    }
    let cut = "{\"email\":\"canarybad@canaryhost.example\",";
    let raw = format!(
        "POST {SEARCH} HTTP/1.1\r\nHost: a\r\nAcstkn: {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{cut}",
        tokens::PERSON_READ,
        cut.len()
    );
    answers.push(madoguchi_journey::wire::exchange(system.caller.addr(), raw.as_bytes()).await?);
    Ok(answers)
}

/// Answers that show a person masked, or nobody; and those in clear, which are not returned.
async fn masked(system: &TestSystem) -> anyhow::Result<Vec<HttpAnswer>> {
    let search = |body| async move { system.caller.post(SEARCH, tokens::PERSON_READ, &body).await };
    let answers = vec![
        system.caller.get(PERSON, tokens::PERSON_READ).await?,
        system.caller.get(HISTORY, tokens::PERSON_READ).await?,
        search(json!({ "email": "canary.second@canaryhost.example" })).await?,
        search(json!({ "phone": "+81 90-7654-3210" })).await?,
        search(json!({ "email": "canary.third@canaryhost.example" })).await?,
    ];
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    ensure!(statuses == [200, 200, 200, 409, 404], "{statuses:?}");
    for path in [PERSON, HISTORY] {
        let clear = system.caller.get(&format!("{path}?reveal=true"), tokens::PERSONS).await?;
        let shown = clear.body.contains("canary.second") && clear.body.contains("canaryreason");
        ensure!(clear.status == 200 && shown, "{path} in clear: {}", clear.status);
    }
    Ok(answers)
}

/// Answers to calls in a person's name, whose token has a name and a person too.
async fn acted_for(system: &TestSystem) -> anyhow::Result<Vec<HttpAnswer>> {
    let mut answers = vec![system.caller.get(PERSON, tokens::DELEGATE).await?];
    for (token, actor, status) in [
        (tokens::DELEGATE, "agent-7;canaryname%20Two", 200),
        (tokens::DELEGATE, "agent-7;canaryname Two", 400),
        (tokens::DELEGATE, "canaryname", 400),
        (tokens::PERSON_READ, "agent-7;canaryname", 403),
    ] {
        let headers = [("Acstkn", token), ("x-actor", actor)];
        let answer = system.caller.call_with(Method::GET, PERSON, &headers, &Value::Null).await?;
        ensure!(answer.status == status, "{answer:?}");
        answers.push(answer);
    }
    Ok(answers)
}

/// The answers of every call that opens a person while its key is missing, and while another key
/// has its id.
async fn without_keys(system: &TestSystem) -> anyhow::Result<Vec<HttpAnswer>> {
    let list = fs::read_to_string(system.installation.config().with_file_name("keys.toml"))?;
    let (id, file) = ("id = \"sandbox-1\"", "file = \"key-encryption-key\"");
    system.installation.replace("another-key", &"ab".repeat(32))?;
    let another = list.replacen(file, "file = \"another-key\"", 1);
    let missing = another.replacen(id, "id = \"another\"", 1);
    ensure!(list != another && another != missing, "{list}");
    let mut answers = Vec::new();
    for (keys, status, code) in [(&missing, 503, "UNAVAILABLE"), (&another, 500, "INTERNAL")] {
        system.installation.replace("keys.toml", keys)?;
        system.reload()?;
        reads_as(system, status).await?;
        for (number, answer) in opening_calls(system).await?.into_iter().enumerate() {
            // The last one changes contact details.
            let is_it = match number {
                4 => is_coded_refusal(&answer, status, code),
                _ => is_refusal(&answer, status, code),
            };
            ensure!(is_it, "{answer:?}");
            answers.push(answer);
        }
    }
    system.installation.replace("keys.toml", &list)?;
    system.reload()?;
    reads_as(system, 200).await?;
    Ok(answers)
}

/// Waits until the person is answered with this status.
async fn reads_as(system: &TestSystem, status: u16) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let answer = system.caller.get(PERSON, tokens::PERSON_READ).await?;
        if answer.status == status {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "never {status}: {answer:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn opening_calls(system: &TestSystem) -> anyhow::Result<Vec<HttpAnswer>> {
    let caller = &system.caller;
    let search = json!({ "email": "canary.second@canaryhost.example" });
    let headers = [("Acstkn", tokens::PERSON_WRITE), ("If-Match", "*")];
    let change = json!({ "mailStopped": true, "mailStopReason": "canaryreason 3" });
    Ok(vec![
        caller.get(&format!("{PERSON}?reveal=true"), tokens::PERSONS).await?,
        caller.get(&format!("{HISTORY}?reveal=true"), tokens::PERSONS).await?,
        caller.post(SEARCH, tokens::PERSON_READ, &search).await?,
        caller.post(PERSONS, tokens::PERSON_WRITE, &person()).await?,
        caller.call_with(Method::PUT, DETAILS, &headers, &change).await?,
    ])
}
