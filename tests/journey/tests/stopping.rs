//! Graceful shutdown: first not ready, then closed to new clients, then ended.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::Store;
use madoguchi_journey::installation::Installation;
use madoguchi_journey::on_both_databases;
use madoguchi_journey::process::Process;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::walk;

on_both_databases!(a_stopping_server_is_not_ready_before_it_refuses);

const DRAIN_DELAY: Duration = Duration::from_secs(2);
const UNTIL_LOGGED: Duration = Duration::from_secs(30);

async fn a_stopping_server_is_not_ready_before_it_refuses(store: Store) -> anyhow::Result<()> {
    let delay = DRAIN_DELAY.as_millis().to_string();
    let system = Arc::new(TestSystem::own(store, vec![("SERVER__DRAIN_DELAY_MS", delay)]).await?);
    let customer = Customer::verified(&system).await?;
    let stopping = {
        let system = Arc::clone(&system);
        tokio::task::spawn_blocking(move || system.stop())
    };
    let not_ready = loop {
        let answer = system.caller.get("/health/ready", "").await?;
        if answer.status != 200 {
            break answer;
        }
    };
    ensure!(not_ready.status == 503 && not_ready.body.contains("\"stopping\""), "{not_ready:?}");
    assert_eq!(system.caller.get("/health/live", "").await?.status, 200);
    let verdict = system.caller.decide(&customer.member, true).await?;
    ensure!(verdict.status == 200, "{verdict:?}");
    ensure!(!stopping.is_finished(), "it stopped before the delay was over");
    stopping.await??;
    ensure!(system.caller.get("/health/live", "").await.is_err(), "it still answers");
    system.start_again().await?;
    ensure!(customer.settled(&system).await?["coreBank"]["state"] == "Confirmed", "lost");
    system.stop()
}

#[test]
fn a_second_signal_ends_the_drain() {
    walk(async {
        let dir = tempfile::tempdir()?;
        let database = Store::Sqlite.database(dir.path());
        let nowhere = "http://127.0.0.1:9";
        let minutes = vec![("SERVER__DRAIN_DELAY_MS", "600000".to_owned())];
        let installation = Installation::new(dir.path(), &database, nowhere, minutes)?;
        installation.migrate()?;
        let mut serve = Process::start(installation.command("serve"), &installation.log())?;
        let logged = |message: &'static str| move |line: &str| line.contains(message).then_some(());
        serve.hear(UNTIL_LOGGED, logged("\"serving\""))?;
        serve.signal("TERM")?;
        serve.hear(UNTIL_LOGGED, logged("a second signal hurries"))?;
        let status = serve.terminate(UNTIL_LOGGED)?;
        ensure!(status.code() == Some(0), "{status}");
        Ok(())
    });
}

#[test]
fn a_signal_ends_a_start_that_waits() {
    walk(async {
        let dir = tempfile::tempdir()?;
        let (installation, silent) = Installation::with_silent_database(dir.path())?;
        let mut serve = Process::start(installation.command("serve"), &installation.log())?;
        let _connection = silent.accept()?;
        let status = serve.terminate(Duration::from_secs(5))?;
        ensure!(status.code() == Some(0), "{status}");
        Ok(())
    });
}

#[test]
fn a_low_limit_of_descriptors_is_refused_at_start() {
    walk(async {
        let dir = tempfile::tempdir()?;
        let database = Store::Sqlite.database(dir.path());
        let nowhere = "http://127.0.0.1:9";
        let installation = Installation::new(dir.path(), &database, nowhere, Vec::new())?;
        installation.migrate()?;
        let serve = installation.command("serve");
        let mut limited = Command::new("sh");
        limited.args(["-c", "ulimit -n 700 && exec \"$0\" \"$@\""]);
        limited.arg(serve.get_program()).args(serve.get_args());
        let output = limited.output()?;
        let text = String::from_utf8(output.stderr)?;
        ensure!(output.status.code() == Some(1), "{text}");
        ensure!(text.contains("server.max_connections") && text.contains("LimitNOFILE"), "{text}");
        Ok(())
    });
}
