//! A database stays with the keys that it was used with, until other ones are accepted.

use std::process::Command;

use anyhow::ensure;
use madoguchi_journey::api::Api;
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::Store;
use madoguchi_journey::installation::Installation;
use madoguchi_journey::on_both_databases;
use madoguchi_journey::test_system::TestSystem;

on_both_databases!(
    another_salt_or_audit_key_is_refused_by_every_command,
    accepted_keys_are_remembered_and_logged,
    another_qr_key_is_a_warning,
);

const SALT: &str = "SECRETS__DEPLOYMENT_SALT";
const AUDIT_KEY: &str = "SECRETS__AUDIT_KEY";
const QR_KEY: &str = "SECRETS__QR_KEY";
/// 64 digits of a key that no installation has.
const OTHER: &str = "e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5";

fn with_other(installation: &Installation, command: &str, key: &str) -> Command {
    let mut command = installation.command(command);
    command.env(format!("MADOGUCHI__{key}"), OTHER);
    command
}

/// Runs a command under another key, which must fail; returns its output.
fn refused(installation: &Installation, command: &str, key: &str) -> anyhow::Result<String> {
    let output = with_other(installation, command, key).output()?;
    let said = String::from_utf8(output.stderr)?;
    ensure!(output.status.code() == Some(1), "{command}: {} {said}", output.status);
    ensure!(!said.contains("e5e5"), "the key is printed: {said}");
    Ok(said)
}

async fn another_salt_or_audit_key_is_refused_by_every_command(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::own(store, Vec::new()).await?;
    let installation = &system.installation;
    for (key, name) in [(SALT, "secrets.deployment_salt"), (AUDIT_KEY, "secrets.audit_key")] {
        for command in ["serve", "keys list", "retention plan", "keys rotate"] {
            let said = refused(installation, command, key)?;
            ensure!(said.contains(&format!("{name}: this database was used with")), "{said}");
            ensure!(said.contains("--accept-new-keys") && said.contains("docs/keys.md"), "{said}");
        }
    }
    // The running server is not disturbed, and the same keys start again.
    let customer = Customer::verified(&system).await?;
    ensure!(system.caller.decide(&customer.member, true).await?.status == 200, "a verdict");
    customer.settled(&system).await?;
    system.stop()?;
    system.start_again().await?;
    system.stop()
}

async fn accepted_keys_are_remembered_and_logged(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::own(store, Vec::new()).await?;
    let installation = &system.installation;
    let customer = Customer::verified(&system).await?;
    system.stop()?;
    let accepting = with_other(installation, "serve --accept-new-keys", SALT);
    Api::start_as(accepting, &installation.log())?.stop()?;
    let log = std::fs::read_to_string(installation.log())?;
    let logged = log.lines().any(|line| {
        line.contains("another key than before was accepted") && line.contains("deployment_salt")
    });
    ensure!(logged, "{log}");
    ensure!(Api::start(installation).is_err(), "the former salt is another one now");
    system.start_with(&[(SALT, OTHER)]).await?;
    ensure!(system.caller.decide(&customer.member, true).await?.status == 200, "a verdict");
    customer.settled(&system).await?;
    system.stop()
}

async fn another_qr_key_is_a_warning(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::own(store, Vec::new()).await?;
    system.stop()?;
    for (command, warns) in [
        ("serve", "is not the one that the database remembers"),
        ("serve --accept-new-keys", "another key than before was accepted"),
    ] {
        let before = std::fs::read_to_string(system.installation.log())?;
        let started = with_other(&system.installation, command, QR_KEY);
        Api::start_as(started, &system.installation.log())?.stop()?;
        let log = std::fs::read_to_string(system.installation.log())?;
        let log = &log[before.len()..];
        let warned = log.lines().any(|line| {
            line.contains("\"WARN\"") && line.contains(warns) && line.contains("qr_key")
        });
        ensure!(warned, "{command}: {log}");
    }
    Ok(())
}
