//! Tests what a purge reaches: with real keys, in the files of PostgreSQL.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use madoguchi_domain::contact::{ContactEvent, ContactKey, Content};
use madoguchi_domain::port::{DataKeyPage, Sealer};
use madoguchi_domain::sealed::{CellId, DataKeyId, Sealed, WrappedKey};
use madoguchi_domain::secret::{hex, unhex};
use madoguchi_testkit::fake::clock::ManualClock;
use madoguchi_testkit::samples;
use madoguchi_testkit::server::postgres::{Cluster, Database};
use tempfile::TempDir;

use super::*;

const PURGE_DAYS: i64 = 30;
const SUBJECT: &str = "本人確認書類のご提出のお願い";

/// A configuration with a key ring of two key-encryption keys.
fn configured(dir: &TempDir, url: &str) -> Settings {
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path.display().to_string()
    };
    let mut list = String::new();
    for (section, id, state, digits) in [
        ("key_encryption_key", "kek-1", "active", "aa"),
        ("key_encryption_key", "kek-2", "decrypt_only", "bb"),
        ("index_key", "index-1", "active", "cc"),
    ] {
        write(&format!("{id}.hex"), &digits.repeat(32));
        list +=
            &format!("[[{section}]]\nid = \"{id}\"\nstate = \"{state}\"\nfile = \"{id}.hex\"\n");
    }
    let ring = write("keys.toml", &list);
    // The key of the sample audit log.
    let audit = write("audit", &"05".repeat(32));
    let [salt, qr] = ["06", "07"].map(|byte| write(byte, &byte.repeat(32)));
    let hash = "ab".repeat(32);
    let who = "issuer = \"i\"\nsubject = \"s\"\nkind = \"HUMAN\"\nscopes = []";
    let tokens = write("tokens.toml", &format!("[[token]]\nsha256 = \"{hash}\"\n{who}"));
    let text = format!(
        "[store]\nurl = \"{url}\"\nmigrate_on_start = true\n\
         [secrets]\ndeployment_salt_file = \"{salt}\"\nqr_key_file = \"{qr}\"\n\
         audit_key_file = \"{audit}\"\n[identity]\ntokens_file = \"{tokens}\"\n\
         [upgrade]\nqr_base_url = \"https://bank.example/up/\"\n\
         [esb]\nurl = \"http://127.0.0.1:1/esb\"\n[vault]\nkey_ring = \"{ring}\"\n\
         [retention]\npurge_after_days = {PURGE_DAYS}\n"
    );
    Settings::parse(&text, []).unwrap()
}

/// Contacts 1 and 2 to person 1; contact 1 was deleted.
async fn with_contacts(settings: &Settings, sealer: &Arc<dyn Sealer>) -> Stores {
    let (stores, _) = stores::open(settings, Some(sealer)).await.unwrap();
    let contacts = &stores.sealed.as_ref().unwrap().contacts;
    let person = samples::registers(&samples::person_registration(1));
    contacts.persons.commit(&[person]).await.unwrap();
    let content = Content {
        subject: madoguchi_domain::contact::ContactSubject::parse(SUBJECT).unwrap(),
        policy_number: Some(samples::policy_number(1)),
        ..samples::contact_content()
    };
    for number in 1..=2 {
        let added = samples::adds(samples::contact_id(number), 1, content.clone(), 0);
        contacts.contacts.commit(&[added]).await.unwrap();
    }
    let key = ContactKey::of(samples::contact_id(1));
    let contact = contacts.contacts.find(&key).await.unwrap().unwrap();
    let deletion = samples::moves(&contact, &ContactEvent::Delete, &samples::staff(1), 10);
    contacts.contacts.commit(&[deletion]).await.unwrap();
    stores
}

async fn data_keys(stores: &Stores) -> Vec<(DataKeyId, WrappedKey)> {
    let page = DataKeyPage { not_under: None, after: None, limit: 100 };
    stores.data_keys.page(&page).await.unwrap()
}

/// The id and the wrapped data key of contact 1.
async fn key_of_contact(stores: &Stores) -> (DataKeyId, WrappedKey) {
    let contacts = &stores.sealed.as_ref().unwrap().contacts.contacts;
    let contact = contacts.find(&ContactKey::of(samples::contact_id(1))).await.unwrap().unwrap();
    let keys = data_keys(stores).await;
    keys.into_iter().find(|(id, _)| *id == contact.data_key).unwrap()
}

async fn run(settings: &Settings, seconds: i64) -> RetentionCounts {
    let clock = ManualClock::at(samples::at(seconds));
    let retention = Retention::open(settings, Arc::new(clock)).await.unwrap();
    let (_stop, stopped) = watch::channel(false);
    let mut counts = RetentionCounts::default();
    assert_eq!(retention.run(stopped, |now| counts = now).await.unwrap(), Ran::ToEnd);
    counts
}

/// The files under this folder in which the bytes are.
fn found_in(dir: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let files = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
    let has_it = |file: &PathBuf| {
        let content = fs::read(file).unwrap_or_default();
        content.windows(bytes.len()).any(|window| window == bytes)
    };
    files.filter(|file| file.is_file() && has_it(file)).collect()
}

fn psql(database: &Database, sql: &str) -> String {
    let output = Command::new(Cluster::shared().bin_dir().join("psql"))
        .args([database.url(), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_purge_no_key_opens_and_no_file_of_postgresql_has_the_wrapped_key() {
    let (dir, database) = (tempfile::tempdir().unwrap(), Cluster::shared().create_database());
    let settings = configured(&dir, database.url());
    let sealer = OpenVault::open(settings.vault.as_ref().unwrap()).unwrap().sealer();
    let stores = with_contacts(&settings, &sealer).await;
    let (id, wrapped) = key_of_contact(&stores).await;
    let cell = || {
        let row = psql(
            &database,
            "select version_id || ' ' || encode(subject, 'hex') \
            from contact_version where version = 1 order by contact_id limit 1",
        );
        let (row, sealed) = row.split_once(' ').unwrap();
        let row = uuid::Uuid::parse_str(row).unwrap();
        let cell = CellId { table: "contact_version", column: "subject", row };
        [(cell, Sealed::new(unhex(sealed).unwrap()))]
    };
    assert_eq!(sealer.open(&wrapped, &cell()).unwrap()[0].expose(), SUBJECT, "it opens before");
    let folder = PathBuf::from(psql(&database, "show data_directory"))
        .join("base")
        .join(psql(&database, "select oid from pg_database where datname = current_database()"));
    psql(&database, "checkpoint");
    assert_ne!(found_in(&folder, &wrapped.bytes), Vec::<PathBuf>::new(), "a file has it before");
    assert_eq!(run(&settings, 10 + PURGE_DAYS * 86_400 - 1).await.purged, 0, "a second before");
    assert_eq!(run(&settings, 10 + PURGE_DAYS * 86_400).await.purged, 1);
    // The ciphertext is there, and opens with no data key that is left.
    let left = data_keys(&stores).await;
    assert!(!left.is_empty() && left.iter().all(|(left, _)| *left != id));
    for (_, key) in &left {
        assert!(sealer.open(key, &cell()).is_err());
    }
    psql(&database, "vacuum full data_key");
    psql(&database, "checkpoint");
    assert_eq!(found_in(&folder, &wrapped.bytes), Vec::<PathBuf>::new(), "no file has it");
    let receipts = psql(
        &database,
        "select encode(uuid_send(data_key_id), 'hex'), ground \
        from purge_receipt",
    );
    assert_eq!(receipts, format!("{}|DELETED", hex(id.0.as_bytes())));
    madoguchi_testkit::contract::audit_rows::verify(&stores.upgrade).await;
}
