//! An invalid installation does not start and says what to do.

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use madoguchi_journey::binaries;
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::{Store, TestDatabase, psql};
use madoguchi_journey::installation::Installation;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::{on_both_databases, walk};
use madoguchi_testkit::server::postgres::Cluster;
use tempfile::TempDir;

on_both_databases!(
    a_database_that_was_not_migrated_is_refused_until_it_is,
    three_mistakes_in_the_configuration_are_told_as_three,
    a_secret_that_others_can_read_is_refused,
);

const NOWHERE: &str = "http://127.0.0.1:9";

fn installed(store: Store) -> anyhow::Result<(TempDir, Installation)> {
    let dir = tempfile::tempdir()?;
    let installation =
        Installation::new(dir.path(), &store.database(dir.path()), NOWHERE, Vec::new())?;
    Ok((dir, installation))
}

/// Runs a command that must fail; returns its output.
fn refused(installation: &Installation, command: &str) -> anyhow::Result<String> {
    let output = installation.run(command)?;
    let said = String::from_utf8(output.stderr)?;
    ensure!(output.status.code() == Some(1), "{command}: {} {said}", output.status);
    ensure!(output.stdout.is_empty(), "{command} says it on the wrong stream");
    Ok(said)
}

async fn a_database_that_was_not_migrated_is_refused_until_it_is(
    store: Store,
) -> anyhow::Result<()> {
    let (_dir, installation) = installed(store)?;
    let said = refused(&installation, "serve")?;
    ensure!(said.contains("run `madoguchi migrate`"), "{said}");
    installation.migrate()?;
    installation.migrate()?;
    madoguchi_journey::api::Api::start(&installation)?.stop()
}

async fn three_mistakes_in_the_configuration_are_told_as_three(store: Store) -> anyhow::Result<()> {
    let (_dir, installation) = installed(store)?;
    let text = std::fs::read_to_string(installation.config())?;
    let text = text.replace("\nlisten = \"127.0.0.1:0\"", "\nlisten = \"nowhere\"");
    let text = text.replace("qr_base_url = \"https:", "qr_base_url = \"http:");
    let text = text.replace("lease_ms = 2000", "lease_mz = 2000");
    std::fs::write(installation.config(), text)?;
    for command in ["serve", "migrate"] {
        let said = refused(&installation, command)?;
        ensure!(said.contains("3 mistakes in the configuration"), "{said}");
        for key in ["server.listen", "upgrade.qr_base_url", "effects.lease_mz"] {
            ensure!(said.contains(key), "{key} is missing: {said}");
        }
        ensure!(said.contains("did you mean lease_ms?"), "{said}");
    }
    Ok(())
}

async fn a_secret_that_others_can_read_is_refused(store: Store) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let (dir, installation) = installed(store)?;
    let key = dir.path().join("qr-key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644))?;
    let said = refused(&installation, "serve")?;
    ensure!(said.contains("secrets.qr_key_file") && said.contains("chmod 600"), "{said}");
    ensure!(!said.contains("b2b2"), "the secret is reported: {said}");
    Ok(())
}

#[test]
fn a_group_reads_a_secret_only_where_root_owns_it() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    walk(async {
        let (dir, installation) = installed(Store::Sqlite)?;
        let key = dir.path().join("qr-key");
        let set = |mode| std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode));
        let by_root = std::fs::metadata(&key)?.uid() == 0;
        for mode in [0o440, 0o640] {
            set(mode)?;
            if by_root {
                installation.migrate()?;
                // A group that this process is not in.
                chown(&key, None, Some(54_321))?;
            }
            let said = refused(&installation, "migrate")?;
            for way_out in ["secrets.qr_key_file", "chmod 600", "root", "chmod 440"] {
                ensure!(said.contains(way_out), "{way_out} is missing: {said}");
            }
            chown(&key, None, Some(std::fs::metadata(dir.path())?.gid()))?;
        }
        for mode in [0o660, 0o444, 0o620] {
            set(mode)?;
            refused(&installation, "migrate")?;
        }
        set(0o400)?;
        installation.migrate()
    });
}

/// The example in the manual, with free ports: without a key ring and without lookups.
#[test]
fn the_small_example_of_the_manual_is_served() {
    walk(async {
        let (dir, installation) = installed(Store::Sqlite)?;
        let manual = include_str!("../../../docs/operations.md");
        let example = manual.split_once("A small example:").context("an example")?.1;
        let example = example.split("```").nth(1).context("a block")?;
        let example = example.trim_start_matches("toml").replace("\"secrets/", "\"");
        std::fs::write(installation.config(), example)?;
        let mut command = Command::new(binaries::madoguchi());
        command.args(["serve", "--config"]).arg(installation.config()).current_dir(dir.path());
        command.env_clear().envs([
            ("MADOGUCHI__STORE__MIGRATE_ON_START", "true"),
            ("MADOGUCHI__SERVER__LISTEN", "127.0.0.1:0"),
            ("MADOGUCHI__SERVER__ADMIN_LISTEN", "127.0.0.1:0"),
            ("MADOGUCHI__SERVER__DRAIN_DELAY_MS", "0"),
        ]);
        let api = madoguchi_journey::api::Api::start_as(command, &installation.log())?;
        // Longer than until a task that has ended is noticed.
        tokio::time::sleep(Duration::from_secs(1)).await;
        api.stop()
    });
}

#[test]
fn a_text_in_the_environment_may_look_like_a_number() {
    walk(async {
        let changed = [("UPGRADE__TARGET_LEVEL", "2"), ("ESB__USER", "12345")];
        let changed = changed.map(|(key, value)| (key, value.to_owned()));
        let system = TestSystem::own(Store::Sqlite, changed.to_vec()).await?;
        let customer = Customer::verified(&system).await?;
        ensure!(system.caller.decide(&customer.member, true).await?.status == 200, "a verdict");
        customer.settled(&system).await?;
        let journal = system.world.journal().await?;
        assert_eq!(journal.acts(&customer.arrangement)[0].0, "2");
        let order = serde_json::to_string(&journal.received(&customer.arrangement)[0])?;
        ensure!(order.contains("\"12345\""), "{order}");
        system.stop()
    });
}

/// What does not pass by itself is said at the start, not by a readiness that nobody reads yet.
#[test]
fn a_database_that_cannot_be_written_is_refused() {
    walk(async {
        let cluster = Cluster::shared();
        let database = cluster.create_database();
        let (name, url) = (database.name().to_owned(), database.url().to_owned());
        let dir = tempfile::tempdir()?;
        let on = TestDatabase::Postgres(database);
        let installation = Installation::new(dir.path(), &on, NOWHERE, Vec::new())?;
        installation.migrate()?;
        for (broken, mended, reason) in [
            (
                format!("alter database {name} set default_transaction_read_only = on"),
                format!(
                    "set transaction read write; \
                     alter database {name} reset default_transaction_read_only"
                ),
                "store.url: read_only: give the URL of the primary",
            ),
            (
                "alter table write_probe rename to elsewhere".to_owned(),
                "alter table elsewhere rename to write_probe".to_owned(),
                "store.url: schema: run `madoguchi migrate`",
            ),
        ] {
            psql(cluster, &url, &broken)?;
            let said = refused(&installation, "serve")?;
            ensure!(said.contains(reason), "{said}");
            psql(cluster, &url, &mended)?;
        }
        madoguchi_journey::api::Api::start(&installation)?.stop()
    });
}

#[test]
fn a_database_from_the_future_is_refused_and_left_as_it_is() {
    walk(async {
        let cluster = Cluster::shared();
        let database = cluster.create_database();
        let url = database.url().to_owned();
        let dir = tempfile::tempdir()?;
        let database = TestDatabase::Postgres(database);
        let installation = Installation::new(dir.path(), &database, NOWHERE, Vec::new())?;
        installation.migrate()?;
        let later = "insert into __diesel_schema_migrations (version) values ('99991231000000')";
        psql(cluster, &url, later)?;
        let versions = "select string_agg(version, ',' order by version) \
                        from __diesel_schema_migrations";
        let before = psql(cluster, &url, versions)?;
        for command in ["serve", "migrate"] {
            let said = refused(&installation, command)?;
            ensure!(said.contains("newer than this program"), "{said}");
            ensure!(said.contains("run a newer `madoguchi`"), "{said}");
        }
        assert_eq!(psql(cluster, &url, versions)?, before);
        Ok(())
    });
}

/// `madoguchi hash-password` with this line on its standard input.
fn hashed(line: &str) -> anyhow::Result<Output> {
    let mut command = Command::new(binaries::madoguchi());
    command.arg("hash-password").stdin(Stdio::piped());
    let mut running = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    running.stdin.take().context("its input")?.write_all(line.as_bytes())?;
    Ok(running.wait_with_output()?)
}

#[test]
fn a_password_is_hashed_unless_it_is_too_short_to_be_drawn() {
    walk(async {
        let refused = hashed("fifteen-letters\n")?;
        let said = String::from_utf8(refused.stderr)?;
        ensure!(refused.status.code() == Some(1) && refused.stdout.is_empty(), "{said}");
        ensure!(said.contains("at least 16 bytes") && !said.contains("fifteen"), "{said}");
        let printed = String::from_utf8(hashed("0f92b1c07a3d55e8\n")?.stdout)?;
        ensure!(printed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{printed}");
        ensure!(printed.ends_with('\n') && printed.lines().count() == 1, "{printed}");
        Ok(())
    });
}

#[test]
fn a_port_that_is_taken_is_named() {
    walk(async {
        let (_dir, installation) = installed(Store::Sqlite)?;
        installation.migrate()?;
        let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
        let addr = taken.local_addr()?.to_string();
        let text = std::fs::read_to_string(installation.config())?;
        std::fs::write(installation.config(), text.replace("127.0.0.1:0", &addr))?;
        let said = refused(&installation, "serve")?;
        ensure!(said.contains("server.listen") && said.contains(&addr), "{said}");
        Ok(())
    });
}
