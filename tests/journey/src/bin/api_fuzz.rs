//! Runs the schema-driven fuzzer Schemathesis over the served API document, on each database.
#![expect(clippy::print_stdout, reason = "this program reports to its user")]

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, ensure};
use clap::Parser;
use madoguchi_journey::database::Store;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::tokens;
use serde_json::Value;

/// Sends generated requests to the server and checks every answer against the API document.
#[derive(Debug, Parser)]
#[command(name = "tests/api", after_help = EXAMPLE)]
struct Options {
    /// The program `schemathesis`
    #[arg(long, value_name = "FILE", default_value = "schemathesis")]
    program: PathBuf,
    /// Generated requests per operation; there are more, of the document's own examples
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..))]
    examples: u32,
    /// Least number of requests on each database
    #[arg(long, default_value_t = 5000)]
    least: u64,
    /// Seed of the random numbers [default: random]
    #[arg(long)]
    seed: Option<u32>,
}

const EXAMPLE: &str = "Example:\n  tests/api --examples 400\n\n\
    Exits with 1 on a server error, an answer that is not documented, or a request that is not \
    treated as the document says.";

/// Operations with a rule that JSON Schema cannot express, for example a length in bytes or our own
/// cursor: they may answer 400 to a request that the schema allows. With the other refusals that
/// depend on what is stored, or on a version.
const STRICTER_THAN_THE_SCHEMA: [(&str, &str); 21] = [
    ("findCaller", ""),
    ("contextos", ""),
    ("codigo", ""),
    ("registerPerson", ", 409"),
    ("searchPersons", ", 409"),
    ("changeContactDetails", ", 412, 428"),
    ("addContact", ""),
    ("listContacts", ""),
    ("updateContact", ", 409, 412, 428"),
    ("deleteContact", ", 412, 428"),
    ("approveContacts", ""),
    ("answerContact", ", 409"),
    ("listMessages", ""),
    ("listEffects", ""),
    ("listResolutions", ""),
    ("addAnnouncement", ""),
    ("listAnnouncements", ""),
    ("approveAnnouncement", ", 412"),
    ("updateAnnouncement", ", 409, 412, 428"),
    ("listDeliveryWatch", ""),
    ("reportDelivery", ""),
];

/// The operation whose body is no JSON, and the media type of the body.
const RAW: &str = "reportDelivery";
const MESSAGE: &str = "message/rfc822";

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    let mut good = true;
    for store in Store::ALL {
        println!("{}", store.as_str());
        good &= fuzz(&options, store).await?;
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn fuzz(options: &Options, store: Store) -> anyhow::Result<bool> {
    let system = TestSystem::own(store, Vec::new()).await?;
    let mut document = system.caller.get("/openapi.json", "").await?.json();
    let dir = tempfile::tempdir()?;
    let config = dir.path().join("schemathesis.toml");
    std::fs::write(&config, credentials(&document)?)?;
    forget_actors(&mut document)?;
    write_texts(&mut document)?;
    let described = dir.path().join("openapi.json");
    std::fs::write(&described, document.to_string())?;
    let mut command = Command::new(&options.program);
    command
        .arg("--config-file")
        .arg(&config)
        .args(["run", "--checks", "all", "--continue-on-failure", "--request-timeout", "30"])
        .args(["--max-examples", &options.examples.to_string()])
        .arg(format!("--url=http://{}", system.caller.addr()))
        .arg(&described)
        .current_dir(dir.path());
    if let Some(seed) = options.seed {
        command.args(["--seed", &seed.to_string()]);
    }
    let run = || command.status().context("schemathesis cannot be started: run tests/api");
    let status = tokio::task::block_in_place(run)?;
    let requests = requests(&system).await?;
    println!("{}: {requests} requests, {status}\n", store.as_str());
    ensure!(requests >= options.least, "fewer than {} requests: raise --examples", options.least);
    system.stop()?;
    Ok(status.success())
}

/// Removes the header `x-actor`: none of the tokens used here has the scope for it, so that every
/// request with it is 403, and would test nothing else.
fn forget_actors(document: &mut Value) -> anyhow::Result<()> {
    for path in document["paths"].as_object_mut().context("paths")?.values_mut() {
        for operation in path.as_object_mut().context("operations")?.values_mut() {
            let parameters = operation["parameters"].as_array_mut().context("parameters")?;
            parameters.retain(|parameter| parameter["name"] != "x-actor");
        }
    }
    Ok(())
}

/// The fuzzer writes texts, but no messages: the header is that of a message all the same.
fn write_texts(document: &mut Value) -> anyhow::Result<()> {
    let path = document.pointer_mut("/paths/~1api~1v1~1bounces/post/requestBody/content");
    let content = path.and_then(Value::as_object_mut).context("the body of a report")?;
    let message = content.remove(MESSAGE).context(MESSAGE)?;
    content.insert("text/plain".to_owned(), message);
    Ok(())
}

/// The requests that the server has counted.
async fn requests(system: &TestSystem) -> anyhow::Result<u64> {
    let metrics = system.metrics().await?;
    let counted = metrics.lines().filter(|line| line.starts_with("madoguchi_http_requests_total{"));
    counted.map(|line| Ok(line.rsplit(' ').next().context("a value")?.parse::<u64>()?)).sum()
}

fn is_keyed(operation: &Value) -> bool {
    let parameters = operation["parameters"].as_array();
    parameters.is_some_and(|all| all.iter().any(|it| it["name"] == "Idempotency-Key"))
}

/// The fuzzer's configuration: each operation with a token of exactly its scope.
fn credentials(document: &Value) -> anyhow::Result<String> {
    // Any request may carry headers that its server does not know.
    let mut config = "[generation]\nallow-extra-parameters = false\n\n\
        [phases.stateful]\nmax-steps = 12\n\n"
        .to_owned();
    let (user, password) = tokens::GATEWAY;
    for path in document["paths"].as_object().context("paths")?.values() {
        for operation in path.as_object().context("operations")?.values() {
            let id = operation["operationId"].as_str().context("operationId")?;
            let security = &operation["security"][0];
            let is_of_contacts = operation["tags"][0] == "contacts";
            let headers = match security["acstkn"][0].as_str() {
                // An update has acts with several scopes.
                Some(_) if is_of_contacts => format!("Acstkn = \"{}\"", tokens::CONTACTS),
                Some(scope) => format!("Acstkn = \"{}{scope}\"", tokens::PREFIX),
                None if security["userName"].is_array() => {
                    format!("userName = \"{user}\", password = \"{password}\"")
                }
                None => continue,
            };
            let media =
                if id == RAW { format!(", Content-Type = \"{MESSAGE}\"") } else { String::new() };
            config += &format!(
                "[[operations]]\ninclude-operation-id = \"{id}\"\n\
                headers = {{ {headers}{media} }}\n"
            );
            let stricter = STRICTER_THAN_THE_SCHEMA.iter().find(|(it, _)| *it == id);
            let more = stricter.map(|(_, more)| format!(", 400{more}"));
            // Generated requests use a key twice.
            let of_keys = is_keyed(operation).then(|| ", 409, 422".to_owned());
            if more.is_some() || of_keys.is_some() {
                let more = [more, of_keys].map(Option::unwrap_or_default).concat();
                config += &format!(
                    "checks.positive_data_acceptance.expected-statuses = \
                    [\"2xx\", 401, 403, 404{more}]\n"
                );
            }
        }
    }
    Ok(config)
}
