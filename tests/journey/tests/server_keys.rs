//! A database stays with the keys that it was used with, until other ones are accepted.

use std::process::Command;

use anyhow::{Context, ensure};
use madoguchi_domain::audit::{ChainedEntry, GENESIS, Head, Place, follow};
use madoguchi_domain::port::AuditLog;
use madoguchi_domain::secret::{SecretKey, unhex};
use madoguchi_journey::api::Api;
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::{Store, TestDatabase};
use madoguchi_journey::installation::Installation;
use madoguchi_journey::on_both_databases;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_persistence::{PgSettings, PgStore, SqliteStore};

on_both_databases!(
    another_salt_or_audit_key_is_refused_by_every_command,
    accepted_keys_are_remembered_and_logged,
    rows_before_another_audit_key_verify_under_the_former_one,
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

fn secret(digits: &str) -> anyhow::Result<SecretKey> {
    Ok(SecretKey::parse(&unhex(digits).context("digits")?)?)
}

/// Every stream of the audit log, read without the server.
async fn streams(database: &TestDatabase) -> anyhow::Result<Vec<Vec<ChainedEntry>>> {
    let key = secret(OTHER)?;
    let log: Box<dyn AuditLog> = match database {
        TestDatabase::Sqlite(path) => Box::new(SqliteStore::open(path, key).await?),
        TestDatabase::Postgres(database) => {
            Box::new(PgStore::open(database.url(), PgSettings::of(2), key).await?)
        }
    };
    let mut streams = Vec::new();
    for head in log.heads().await? {
        let start = Place { seq: 0, ..head.place };
        streams.push(log.after(start, u32::MAX >> 1).await?);
    }
    Ok(streams)
}

/// Each stream goes on under the new key where it ends under the former one.
async fn rows_before_another_audit_key_verify_under_the_former_one(
    store: Store,
) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let database = tokio::task::block_in_place(|| store.database(dir.path()));
    let system = TestSystem::on(&database, Vec::new()).await?;
    Customer::verified(&system).await?;
    system.stop()?;
    let accepting = with_other(&system.installation, "serve --accept-new-keys", AUDIT_KEY);
    Api::start_as(accepting, &system.installation.log())?.stop()?;
    system.start_with(&[(AUDIT_KEY, OTHER)]).await?;
    Customer::verified(&system).await?;
    system.stop()?;
    let (former, new) = (secret(&"c3".repeat(32))?, secret(OTHER)?);
    let (mut before, mut after, mut replaced) = (0, 0, 0);
    for rows in streams(&database).await? {
        let Some(first) = rows.first() else { continue };
        let start = Head { place: Place { seq: 0, ..first.place }, link: GENESIS };
        let mut head = start;
        let under_former = rows.iter().take_while(|row| {
            let next = follow(&former, head, std::slice::from_ref(row));
            next.map(|next| head = next).is_ok()
        });
        let under_former = under_former.count();
        let rest = &rows[under_former..];
        follow(&new, head, rest).context("a row verifies under neither key")?;
        (before, after) = (before + under_former, after + rest.len());
        let is_it = |row: &&ChainedEntry| row.entry.action.as_str() == "server_key.replaced";
        replaced += rest.iter().filter(is_it).count();
    }
    ensure!(before > 3 && after > 1 && replaced == 1, "{before} {after} {replaced}");
    Ok(())
}
