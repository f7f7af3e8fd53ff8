//! Tests that a process with other keys refuses a database, unless they are accepted.

use madoguchi_application::{ServerKeyCheck, ServerKeysError};
use madoguchi_domain::act::Act;
use madoguchi_domain::port::{MemberStore, StoreError};
use madoguchi_domain::secret::SecretKey;
use madoguchi_domain::server_key::ServerKey::{AuditKey, DeploymentSalt, QrKey};
use madoguchi_domain::server_key::{FingerprintedKey, KeyComparison, ServerKey};
use madoguchi_testkit::contract::audit_rows;
use madoguchi_testkit::fake::store::{FakeStore, Fault};
use madoguchi_testkit::samples;

fn act() -> Act {
    samples::act("start-1", samples::system(), samples::at(1))
}

fn keys(bytes: [u8; 3]) -> Vec<FingerprintedKey> {
    let names: [ServerKey; 3] = [DeploymentSalt, AuditKey, QrKey];
    let key = |byte| SecretKey::parse(&[byte; 32]).expect("a key");
    names
        .into_iter()
        .zip(bytes)
        .map(|(name, byte)| FingerprintedKey::of(name, &key(byte)))
        .collect()
}

async fn start(
    store: &FakeStore,
    bytes: [u8; 3],
    accept: bool,
) -> Result<KeyComparison, ServerKeysError> {
    check(store, &keys(bytes), &samples::audit_key()).remember(accept, &act()).await
}

async fn compare(store: &FakeStore, bytes: [u8; 3]) -> Result<KeyComparison, ServerKeysError> {
    check(store, &keys(bytes), &samples::audit_key()).compare().await
}

fn check<'a>(
    store: &'a FakeStore,
    configured: &'a [FingerprintedKey],
    audit_key: &'a SecretKey,
) -> ServerKeyCheck<'a> {
    ServerKeyCheck { remembered: store, audit: store, audit_key, configured }
}

#[tokio::test]
async fn a_salt_or_an_audit_key_that_is_another_one_is_refused_and_nothing_is_written() {
    let store = FakeStore::new(samples::audit_key());
    assert_eq!(
        compare(&store, [1, 2, 3]).await,
        Ok(KeyComparison { new: keys([1, 2, 3]), ..KeyComparison::default() })
    );
    start(&store, [1, 2, 3], false).await.expect("the first start");
    assert_eq!(start(&store, [1, 2, 3], false).await, Ok(KeyComparison::default()));
    let refused = |keys: &[ServerKey]| Err(ServerKeysError::Changed(keys.to_vec()));
    for (bytes, expected) in [
        ([9, 2, 3], &[DeploymentSalt][..]),
        ([1, 9, 9], &[AuditKey]),
        ([9, 8, 3], &[DeploymentSalt, AuditKey]),
    ] {
        assert_eq!(start(&store, bytes, false).await, refused(expected));
        assert_eq!(compare(&store, bytes).await, refused(expected));
    }
    assert_eq!(audit_rows::rows(&store.stores()).await.len(), 3, "of the first start");
}

#[tokio::test]
async fn another_qr_key_is_found_at_each_start_until_it_is_accepted() {
    let store = FakeStore::new(samples::audit_key());
    start(&store, [1, 2, 3], false).await.expect("the first start");
    for accept in [false, false, true] {
        let found = start(&store, [1, 2, 4], accept).await.expect("it may change");
        assert_eq!(found.changed, [(keys([1, 2, 3])[2].fingerprint, keys([1, 2, 4])[2])]);
    }
    assert_eq!(start(&store, [1, 2, 4], false).await, Ok(KeyComparison::default()));
}

#[tokio::test]
async fn accepted_keys_are_audited_and_the_former_ones_are_refused() {
    let store = FakeStore::new(samples::audit_key());
    start(&store, [1, 2, 3], true).await.expect("the first start");
    let found = start(&store, [7, 2, 3], true).await.expect("it is accepted");
    assert_eq!(found.changed.len(), 1);
    let rows = audit_rows::rows(&store.stores()).await;
    let last = &rows.last().expect("a row").entry;
    assert_eq!(
        (last.action.as_str(), last.subject.id()),
        ("server_key.replaced", "deployment_salt")
    );
    let former = start(&store, [1, 2, 3], false).await;
    assert_eq!(former, Err(ServerKeysError::Changed(vec![DeploymentSalt])));
}

#[tokio::test]
async fn a_write_whose_outcome_is_unknown_ends_the_start_and_the_next_one_finds_out() {
    let store = FakeStore::new(samples::audit_key());
    store.fail_next(1, Fault::AfterCommit);
    let broken = start(&store, [1, 2, 3], false).await;
    assert!(matches!(broken, Err(ServerKeysError::Store(StoreError::Unavailable(_)))));
    assert_eq!(start(&store, [1, 2, 3], false).await, Ok(KeyComparison::default()));
}

/// A database of before, whose rows only the right audit key continues.
#[tokio::test]
async fn the_rows_of_a_database_that_remembers_nothing_show_its_audit_key() {
    let wrong = SecretKey::parse(&[6; 32]).expect("a key");
    let right = samples::audit_key();
    let configured = |key: &SecretKey| [FingerprintedKey::of(AuditKey, key)];
    let store = FakeStore::new(right.clone());
    assert!(check(&store, &configured(&wrong), &wrong).compare().await.is_ok(), "no row yet");
    for number in 1..=3 {
        let member = samples::registration(samples::member(number));
        MemberStore::commit(&store, &[member]).await.expect("registered");
        let refused = check(&store, &configured(&wrong), &wrong).remember(false, &act()).await;
        assert_eq!(refused, Err(ServerKeysError::Changed(vec![AuditKey])), "{number} rows");
    }
    let fits = check(&store, &configured(&right), &right).remember(false, &act()).await;
    assert_eq!(fits.map(|found| found.new.len()), Ok(1));
}
