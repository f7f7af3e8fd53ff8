//! SIGHUP reloads the token file and the user file without affecting requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::ensure;
use madoguchi_journey::caller::CODIGO;
use madoguchi_journey::database::Store;
use madoguchi_journey::installation::Installation;
use madoguchi_journey::process::Process;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::{tokens, walk};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::Instant;

const CLIENTS: usize = 16;
const RELOADS: u64 = 50;
const UNTIL_RELOADED: Duration = Duration::from_secs(10);

/// Sends SIGHUP and waits until a file was reloaded with this outcome.
async fn reload(system: &TestSystem, file: &str, outcome: &str) -> anyhow::Result<()> {
    let series = format!("madoguchi_reloads_total{{file=\"{file}\",outcome=\"{outcome}\"}}");
    let before = system.metric(&series).await?;
    system.reload()?;
    let deadline = Instant::now() + UNTIL_RELOADED;
    while system.metric(&series).await? == before {
        ensure!(Instant::now() < deadline, "{series} stays {before}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// The status of reading an unknown member with this token.
async fn status(system: &TestSystem, token: &str) -> anyhow::Result<u16> {
    Ok(system.caller.get("/api/v1/members/NOBODY", token).await?.status)
}

/// Calls until the stop flag is set; returns the number of calls.
async fn call_on(
    system: Arc<TestSystem>,
    stop: Arc<AtomicBool>,
    removed: bool,
) -> anyhow::Result<usize> {
    let mut calls = 0;
    while !stop.load(Ordering::Relaxed) {
        let token = if removed { tokens::EXTRA } else { tokens::MEMBER_READ };
        let status = status(&system, token).await?;
        ensure!(status == 404 || removed && status == 401, "{token} was answered {status}");
        calls += 1;
    }
    Ok(calls)
}

#[test]
fn of_50_reloads_none_costs_a_request() {
    walk(async {
        let system = Arc::new(TestSystem::own(Store::Sqlite, Vec::new()).await?);
        let stop = Arc::new(AtomicBool::new(false));
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let (system, stop) = (Arc::clone(&system), Arc::clone(&stop));
            clients.spawn(call_on(system, stop, client % 4 == 0));
        }
        for number in 0..RELOADS {
            let known = number % 2 == 0;
            let extra = if known { tokens::extra() } else { String::new() };
            system.installation.replace("tokens.toml", &(tokens::file() + &extra))?;
            reload(&system, "tokens", "ok").await?;
            let expected = if known { 404 } else { 401 };
            assert_eq!(status(&system, tokens::EXTRA).await?, expected, "after reload {number}");
        }
        stop.store(true, Ordering::Relaxed);
        let mut calls = 0;
        while let Some(client) = clients.join_next().await {
            calls += client??;
        }
        ensure!(calls > 10 * CLIENTS, "only {calls} calls were made meanwhile");
        system.stop()
    });
}

#[test]
fn a_bad_file_of_tokens_keeps_the_old_ones() {
    walk(async {
        let system = TestSystem::own(Store::Sqlite, Vec::new()).await?;
        for bad in ["[[token]]\nsha256 = \"canary\"\n", "canary", "", "token = 1"] {
            system.installation.replace("tokens.toml", bad)?;
            reload(&system, "tokens", "failed").await?;
            assert_eq!(status(&system, tokens::MEMBER_READ).await?, 404, "{bad}");
        }
        assert_eq!(status(&system, tokens::EXTRA).await?, 401);
        let log = system.log()?;
        let message = "not reloaded: the old content stays in use";
        ensure!(log.contains(message) && log.contains("tokens.toml"), "{log}");
        ensure!(!log.contains("canary"), "{log}");
        system.installation.replace("tokens.toml", &(tokens::file() + &tokens::extra()))?;
        reload(&system, "tokens", "ok").await?;
        assert_eq!(status(&system, tokens::EXTRA).await?, 404);
        system.stop()
    });
}

#[test]
fn a_removed_user_is_refused_right_after() {
    walk(async {
        let system = TestSystem::own(Store::Sqlite, Vec::new()).await?;
        let body = json!({ "codigo_conta": "341341150000052061" });
        let status = async || anyhow::Ok(system.caller.gateway(CODIGO, &body).await?.status);
        assert_eq!(status().await?, 200);
        let other = tokens::users().replace(tokens::GATEWAY.0, "somebody_else");
        system.installation.replace("users.toml", &other)?;
        reload(&system, "users", "ok").await?;
        assert_eq!(status().await?, 401, "right a moment ago, and removed");
        system.installation.replace("users.toml", "[[user]]\nuser_name = \"canary\"\n")?;
        reload(&system, "users", "failed").await?;
        assert_eq!(status().await?, 401);
        system.installation.replace("users.toml", &tokens::users())?;
        reload(&system, "users", "ok").await?;
        assert_eq!(status().await?, 200);
        ensure!(!system.log()?.contains("canary"), "a line of the file is in the log");
        system.stop()
    });
}

#[test]
fn a_signal_during_the_start_does_not_kill() {
    walk(async {
        let dir = tempfile::tempdir()?;
        let (installation, silent) = Installation::with_silent_database(dir.path())?;
        let mut serve = Process::start(installation.command("serve"), &installation.log())?;
        let (connection, _) = silent.accept()?;
        serve.signal("HUP")?;
        drop((connection, silent));
        let refused = |line: &str| line.contains("store.url").then_some(());
        serve.hear(Duration::from_secs(30), refused)
    });
}
