//! An operator creates, lists, rotates and examines keys while a server runs.

use std::time::{Duration, Instant};

use anyhow::ensure;
use madoguchi_client::{RegisterPerson, SearchPersons};
use madoguchi_journey::api::Api;
use madoguchi_journey::caller::Caller;
use madoguchi_journey::database::{Store, TestDatabase, psql};
use madoguchi_journey::installation::Installation;
use madoguchi_journey::key_folder::{self, KeyFolder};
use madoguchi_journey::{on_both_databases, tokens, walk};
use madoguchi_testkit::server::postgres::Cluster;

on_both_databases!(
    a_key_is_created_once_and_listed,
    a_rotation_waits_until_the_server_follows,
    a_person_is_found_while_the_index_key_rotates,
    an_invalid_key_ring_is_refused_with_all_its_mistakes,
);

const NOWHERE: &str = "http://127.0.0.1:9";
const UNTIL_REPORTED: Duration = Duration::from_secs(10);

fn install(dir: &std::path::Path, database: &TestDatabase) -> anyhow::Result<Installation> {
    let changed = vec![key_folder::configured()];
    let installation = Installation::new(dir, database, NOWHERE, changed)?;
    installation.migrate()?;
    Ok(installation)
}

/// The line of `keys list` about one key, with single spaces.
fn listed(keys: &KeyFolder<'_>, id: &str) -> anyhow::Result<String> {
    let list = keys.run("keys list")?;
    let lines = list.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let line = lines.filter(|words| words.get(1) == Some(&id)).map(|words| words.join(" "));
    Ok(line.collect())
}

/// Waits until `keys list` says this about a key.
fn wait_for(keys: &KeyFolder<'_>, id: &str, text: &str) -> anyhow::Result<()> {
    let deadline = Instant::now() + UNTIL_REPORTED;
    loop {
        let line = listed(keys, id)?;
        if line.contains(text) {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{id} never became {text}: {line}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

async fn a_key_is_created_once_and_listed(store: Store) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let installation = install(dir.path(), &store.database(dir.path()))?;
    let keys = KeyFolder::create(&installation)?;
    let digits = keys.digits("kek-0")?;
    let said = keys.refused("keys new --kind index --id kek-0")?;
    ensure!(said.contains("kek-0.hex") && said.contains("exists"), "{said}");
    ensure!(keys.digits("kek-0")? == digits, "the key was replaced");
    assert_eq!(listed(&keys, "kek-0")?, "key_encryption kek-0 active 0");
    assert_eq!(listed(&keys, "index-0")?, "index index-0 active 0");
    let api = Api::start(&installation)?;
    ensure!(listed(&keys, "kek-0")?.ends_with(":active"), "the server has reported");
    let doctor = keys.run("keys doctor")?;
    ensure!(doctor.contains("0 data keys"), "{doctor}");
    api.stop()?;
    assert_eq!(listed(&keys, "kek-0")?, "key_encryption kek-0 active 0", "a stopped server");
    let log = std::fs::read_to_string(installation.log())?;
    ensure!(!log.contains(digits.trim()), "a key is in the log");
    Ok(())
}

async fn a_rotation_waits_until_the_server_follows(store: Store) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let installation = install(dir.path(), &store.database(dir.path()))?;
    let mut keys = KeyFolder::create(&installation)?;
    let api = Api::start(&installation)?;
    keys.add("key-encryption", "kek-1")?;
    keys.activate("kek-1", "kek-0")?;
    let said = keys.refused("keys rotate")?;
    ensure!(said.contains("does not have the key kek-1"), "{said}");
    ensure!(said.contains("still wraps under the key kek-0"), "{said}");
    api.reload()?;
    wait_for(&keys, "kek-1", ":active")?;
    let said = keys.run("keys rotate --batch 1 --per-second 1000")?;
    ensure!(said.contains("none is left"), "{said}");
    keys.retire("kek-0")?;
    api.reload()?;
    wait_for(&keys, "kek-1", ":active")?;
    keys.run("keys doctor")?;
    api.stop()
}

async fn a_person_is_found_while_the_index_key_rotates(store: Store) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let installation = install(dir.path(), &store.database(dir.path()))?;
    let mut keys = KeyFolder::create(&installation)?;
    let api = Api::start(&installation)?;
    let client = Caller::new(api.addr())?.with(tokens::PERSONS);
    let email = Some("taro@example.com".to_owned());
    let person = RegisterPerson { email, ..RegisterPerson::new("PER-1", "ACC-1") };
    client.register_person(&person).await?.data()?;
    let is_found = async || -> anyhow::Result<bool> {
        let search = SearchPersons::by_email("taro@example.com");
        Ok(client.search_persons(&search).await?.data()?.person_id == "PER-1")
    };

    keys.add("index", "index-1")?;
    let said = keys.refused("keys rotate")?;
    ensure!(said.contains("does not have the key index-1"), "{said}");
    api.reload()?;
    wait_for(&keys, "index-1", ":decrypt_only")?;
    ensure!(is_found().await?, "found under the old key");
    let said = keys.run("keys rotate")?;
    ensure!(said.contains("1 of 1 records were indexed again"), "{said}");
    ensure!(listed(&keys, "index-1")?.starts_with("index index-1 decrypt_only 1"));

    keys.activate("index-1", "index-0")?;
    keys.retire("index-0")?;
    api.reload()?;
    wait_for(&keys, "index-1", ":active")?;
    ensure!(is_found().await?, "found under the new key");
    let said = keys.refused("keys doctor")?;
    ensure!(said.contains("madoguchi keys rotate"), "{said}");
    keys.run("keys rotate")?;
    keys.run("keys doctor")?;
    ensure!(is_found().await? && listed(&keys, "index-0")?.is_empty(), "the old key is gone");
    api.stop()
}

async fn an_invalid_key_ring_is_refused_with_all_its_mistakes(store: Store) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let installation = install(dir.path(), &store.database(dir.path()))?;
    let mut keys = KeyFolder::create(&installation)?;
    std::fs::remove_file(keys.file("index-0")?)?;
    keys.activate("kek-1", "kek-0")?;
    for command in ["serve", "keys list"] {
        let said = keys.refused(command)?;
        ensure!(said.contains("vault.key_ring"), "{said}");
        ensure!(said.contains("one key_encryption_key must be active, not 0"), "{said}");
        ensure!(said.contains("index-0.hex"), "{said}");
    }
    Ok(())
}

/// Data keys of another system's backup, which this key ring does not open.
#[test]
fn data_keys_without_their_key_stop_the_start_and_the_rotation() {
    walk(async {
        let cluster = Cluster::shared();
        let database = cluster.create_database();
        let url = database.url().to_owned();
        let dir = tempfile::tempdir()?;
        let installation = install(dir.path(), &TestDatabase::Postgres(database))?;
        let keys = KeyFolder::create(&installation)?;
        let insert = |key: &str| {
            let id = "gen_random_uuid(), '";
            let rows = format!("select {id}{key}', '\\x00' from generate_series(1, 3)");
            psql(cluster, &url, &format!("insert into data_key {rows}"))
        };
        insert("kek-lost")?;
        let said = keys.refused("serve")?;
        ensure!(said.contains("3 under kek-lost"), "{said}");
        ensure!(keys.refused("keys rotate")?.contains("3 records do not open"), "{said}");
        insert("kek-0")?;
        let doctor = installation.run("keys doctor")?;
        ensure!(doctor.status.code() == Some(1), "{doctor:?}");
        let found = String::from_utf8(doctor.stdout)?;
        ensure!(found.contains("6 data keys were examined"), "{found}");
        ensure!(found.contains("3 are under kek-lost"), "{found}");
        assert_eq!(found.matches("does not open").count(), 3, "{found}");
        assert_eq!(listed(&keys, "kek-lost")?, "key_encryption kek-lost missing 3");
        Ok(())
    });
}
