//! What is broken is said: in readiness, in the log and in the metrics.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use madoguchi_journey::caller::is_refusal;
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::{Store, TestDatabase, psql};
use madoguchi_journey::installation::Installation;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::{on_both_databases, walk};
use madoguchi_testkit::server::postgres::{Cluster, Database};
use tokio::task::JoinSet;
use tokio::time::Instant;

on_both_databases!(every_counter_is_there_before_its_first_event);

const UNTIL_SEEN: Duration = Duration::from_secs(15);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

async fn on_postgres(
    changed: Vec<(&'static str, String)>,
) -> anyhow::Result<(TestSystem, Database)> {
    let database = Cluster::shared().create_database();
    let system = TestSystem::on(&TestDatabase::Postgres(database.clone()), changed).await?;
    Ok((system, database))
}

/// Waits until readiness says this of the store: a reason, or `None` if it is up.
async fn until_ready_says(system: &TestSystem, reason: Option<&str>) -> anyhow::Result<()> {
    let deadline = Instant::now() + UNTIL_SEEN;
    loop {
        let answer = system.caller.get("/health/ready", "").await?;
        let said = answer.json()["dependencies"][0]["reason"].clone();
        if said.as_str() == reason && answer.status == if reason.is_some() { 503 } else { 200 } {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{answer:?} instead of {reason:?}");
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// Logged as an error with what to do, and counted.
async fn is_reported(system: &TestSystem, reason: &str) -> anyhow::Result<()> {
    let deadline = Instant::now() + UNTIL_SEEN;
    let is_it = |line: &str| {
        line.contains("\"ERROR\"")
            && line.contains("a dependency cannot do its work")
            && line.contains(&format!("\"reason\":\"{reason}\""))
            && line.contains("\"advice\":")
    };
    // The log is written by a thread of its own.
    while !system.log()?.lines().any(is_it) {
        ensure!(Instant::now() < deadline, "no error line about {reason}: {}", system.log()?);
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    let series = format!(
        "madoguchi_dependency_failed_checks_total{{dependency=\"store\",reason=\"{reason}\"}}"
    );
    ensure!(system.metric(&series).await? > 0, "{series}");
    Ok(())
}

/// As after a fail-over to a server that only reads, and back: sessions of before are not used.
#[test]
fn a_database_that_only_reads_is_said_and_used_again() {
    walk(async {
        let (system, database) = on_postgres(Vec::new()).await?;
        let customer = Customer::verified(&system).await?;
        let (cluster, name) = (Cluster::shared(), database.name());
        let administer = |sql: &str| psql(cluster, database.url(), sql);
        administer(&format!(
            "alter database {name} set default_transaction_read_only = on; \
             select count(pg_terminate_backend(pid)) from pg_stat_activity \
             where datname = current_database() and pid <> pg_backend_pid()"
        ))?;
        until_ready_says(&system, Some("read_only")).await?;
        let refused = system.caller.decide(&customer.member, true).await?;
        ensure!(is_refusal(&refused, 503, "UNAVAILABLE"), "{refused:?}");
        is_reported(&system, "read_only").await?;
        administer(&format!(
            "set transaction read write; alter database {name} reset default_transaction_read_only"
        ))?;
        until_ready_says(&system, None).await?;
        let decided = system.caller.decide(&customer.member, true).await?;
        ensure!(decided.status == 200, "{decided:?}");
        customer.settled(&system).await?;
        ensure!(system.log()?.contains("a dependency is back"), "its return is not logged");
        system.stop()
    });
}

#[test]
fn a_table_that_is_locked_is_said() {
    walk(async {
        let (system, database) = on_postgres(Vec::new()).await?;
        let lock = "lock table upgrade_case in share mode";
        let held = tokio::task::block_in_place(|| Cluster::shared().hold(&database, lock));
        until_ready_says(&system, Some("lock_timeout")).await?;
        is_reported(&system, "lock_timeout").await?;
        drop(held);
        until_ready_says(&system, None).await?;
        system.stop()
    });
}

/// One verdict waits no longer than the lock timeout; the others go on.
#[test]
fn a_verdict_waits_no_longer_than_the_lock_timeout() {
    walk(async {
        let timeout = Duration::from_millis(4_500);
        let changed = vec![("STORE__LOCK_TIMEOUT_MS", timeout.as_millis().to_string())];
        let (system, database) = on_postgres(changed).await?;
        let (locked, free) =
            (Customer::verified(&system).await?, Customer::verified(&system).await?);
        let row = format!("from members where member_id = '{}' for update", locked.member);
        let lock = format!("select 1 {row}");
        let _held = tokio::task::block_in_place(|| Cluster::shared().hold(&database, &lock));
        let began = Instant::now();
        let answer = system.caller.decide(&locked.member, true).await?;
        let took = began.elapsed();
        ensure!(is_refusal(&answer, 503, "UNAVAILABLE"), "{answer:?}");
        // A moment for the rest of the request.
        ensure!(took < timeout + Duration::from_millis(500), "it took {took:?}");
        let other = system.caller.decide(&free.member, true).await?;
        ensure!(other.status == 200, "{other:?}");
        system.stop()
    });
}

/// Nobody waits longer behind others that wait for a lock either.
#[test]
fn verdicts_that_queue_behind_a_lock_are_answered_in_time() {
    walk(async {
        let (system, database) = on_postgres(Vec::new()).await?;
        let system = Arc::new(system);
        let mut customers = Vec::new();
        for _ in 0..24 {
            customers.push(Customer::verified(&system).await?);
        }
        let lock = "lock table upgrade_case in share mode";
        let held = tokio::task::block_in_place(|| Cluster::shared().hold(&database, lock));
        let mut asked = JoinSet::new();
        for customer in &customers {
            let (system, member) = (Arc::clone(&system), customer.member.clone());
            asked.spawn(async move {
                let began = Instant::now();
                anyhow::Ok((system.caller.decide(&member, true).await?, began.elapsed()))
            });
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        for answered in asked.join_all().await {
            let (answer, took) = answered?;
            ensure!(is_refusal(&answer, 503, "UNAVAILABLE"), "{answer:?}");
            ensure!(took < Duration::from_millis(5_000), "it took {took:?}");
        }
        // Longer than the lock timeout of an attempt in progress; overdue requests are dropped.
        tokio::time::sleep(Duration::from_millis(5_000)).await;
        drop(held);
        for customer in &customers {
            let decided = system.caller.decide(&customer.member, false).await?;
            ensure!(decided.status == 200, "it was decided after its 503: {decided:?}");
        }
        Arc::into_inner(system).context("nobody else uses it")?.stop()
    });
}

/// Prometheus finds the first event only if there was a zero before.
async fn every_counter_is_there_before_its_first_event(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::own(store, Vec::new()).await?;
    let shown = system.metrics().await?;
    for zero in [
        "madoguchi_effects_stuck_total{kind=\"SetLevel\"} 0",
        "madoguchi_effects_stuck_total{kind=\"Mail\"} 0",
        "madoguchi_contradictions_total 0",
        "madoguchi_dependency_failed_checks_total{dependency=\"store\",reason=\"disk_full\"} 0",
        "madoguchi_http_malformed_requests_total{rule=\"syntax\"} 0",
        "madoguchi_http_requests_total{route=\"/api/v1/contacts\",status=\"401\"} 0",
        "madoguchi_http_requests_total{route=\"/api/v1/contacts\",status=\"403\"} 0",
    ] {
        ensure!(shown.lines().any(|line| line == zero), "{zero} is missing: {shown}");
    }
    ensure!(shown.contains("\nmadoguchi_dependency_up{dependency=\"store\"} 1"), "{shown}");
    let series: Vec<&str> = shown.lines().filter(|line| !line.starts_with('#')).collect();
    for line in series.iter().filter(|line| !line.is_empty()) {
        let name = line.split(['{', ' ']).next().context("a name")?;
        let family = ["_bucket", "_sum", "_count"].iter().find_map(|it| name.strip_suffix(it));
        let help = format!("# HELP {} ", family.unwrap_or(name));
        ensure!(shown.contains(&help), "{help}is missing");
    }
    let without = system.caller.get("/api/v1/contacts", "").await?;
    ensure!(without.status == 401, "{without:?}");
    let counted = "madoguchi_http_requests_total{route=\"/api/v1/contacts\",status=\"401\"}";
    ensure!(system.metric(counted).await? == 1, "{counted}");
    system.stop()
}

/// A backup while the server decides, a copy over its file after a kill, and a restore.
#[test]
fn a_backup_is_restored_and_a_copy_over_a_left_log_is_refused() {
    walk(async {
        let dir = tempfile::tempdir()?;
        let file = dir.path().join("main.db");
        let database = TestDatabase::Sqlite(file.clone());
        let system = TestSystem::on(&database, Vec::new()).await?;
        let installation = &system.installation;
        let kept = Customer::verified(&system).await?;
        let backup = dir.path().join("backup.db");
        let succeeds = |command: &str| said(installation, command, 0);
        succeeds(&format!("backup --to {}", backup.display()))?;
        for _ in 0..10 {
            Customer::verified(&system).await?;
        }
        let used = said(installation, &format!("restore --from {}", backup.display()), 1)?;
        ensure!(used.contains("is in use") && used.contains("stop every process"), "{used}");
        system.kill()?;
        std::fs::copy(&backup, &file)?;
        let refused = said(installation, "serve", 1)?;
        ensure!(refused.contains("-wal") && refused.contains("madoguchi restore"), "{refused}");
        let restored = succeeds(&format!("restore --from {}", backup.display()))?;
        ensure!(restored.contains("is kept as"), "{restored}");
        system.start_again().await?;
        let decided = system.caller.decide(&kept.member, true).await?;
        ensure!(decided.status == 200, "{decided:?}");
        kept.settled(&system).await?;
        system.stop()
    });
}

/// What a command says, if it ends with this code.
fn said(installation: &Installation, command: &str, code: i32) -> anyhow::Result<String> {
    let ended = tokio::task::block_in_place(|| installation.run(command))?;
    let said = [ended.stdout, ended.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    if ended.status.code() == Some(code) { Ok(said) } else { bail!("{command}: {said}") }
}
