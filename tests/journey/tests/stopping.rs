//! How the server leaves: not ready first, then closed to new clients, then gone.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::Store;
use madoguchi_journey::installation::Installation;
use madoguchi_journey::on_both_databases;
use madoguchi_journey::stage::Stage;
use madoguchi_journey::walk;

on_both_databases!(a_stopping_server_is_not_ready_before_it_refuses);

const DRAIN_DELAY: Duration = Duration::from_secs(2);

async fn a_stopping_server_is_not_ready_before_it_refuses(store: Store) -> anyhow::Result<()> {
    let delay = DRAIN_DELAY.as_millis().to_string();
    let stage = Arc::new(Stage::own(store, vec![("SERVER__DRAIN_DELAY_MS", delay)]).await?);
    let customer = Customer::verified(&stage).await?;
    let stopping = {
        let stage = Arc::clone(&stage);
        tokio::task::spawn_blocking(move || stage.stop())
    };
    let not_ready = loop {
        let answer = stage.caller.get("/health/ready", "").await?;
        if answer.status != 200 {
            break answer;
        }
    };
    ensure!(not_ready.status == 503 && not_ready.body.contains("about to stop"), "{not_ready:?}");
    assert_eq!(stage.caller.get("/health/live", "").await?.status, 200);
    let verdict = stage.caller.decide(&customer.member, true).await?;
    ensure!(verdict.status == 200, "{verdict:?}");
    ensure!(!stopping.is_finished(), "it stopped before the delay was over");
    stopping.await??;
    ensure!(stage.caller.get("/health/live", "").await.is_err(), "it still answers");
    stage.start_again().await?;
    ensure!(customer.settled(&stage).await?["coreBank"]["state"] == "Confirmed", "lost");
    stage.stop()
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
        ensure!(text.contains("server.connections") && text.contains("LimitNOFILE"), "{text}");
        Ok(())
    });
}
