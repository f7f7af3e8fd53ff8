//! The contract suite of [`ServerKeys`].

use std::sync::Arc;

use madoguchi_application::PlatformStores;
use madoguchi_domain::act::Act;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::port::ServerKeys;
use madoguchi_domain::secret::SecretKey;
use madoguchi_domain::server_key::ServerKey::{AuditKey, DeploymentSalt, QrKey};
use madoguchi_domain::server_key::{FingerprintedKey, KeyComparison, KeyWrite, ServerKey};

use crate::contract::audit_rows;
use crate::contract::race::race;
use crate::samples;

/// The port, and the platform's stores on the same database.
#[derive(Debug, Clone)]
pub struct ServerKeysUnderTest {
    platform: PlatformStores,
    keys: Remembered,
}

#[derive(Clone)]
struct Remembered(Arc<dyn ServerKeys>);

madoguchi_domain::redacted!(Remembered);

impl ServerKeysUnderTest {
    /// The port of an adapter, beside the platform's of its database.
    #[must_use]
    pub fn of<S>(platform: PlatformStores, store: &Arc<S>) -> Self
    where
        S: ServerKeys + 'static,
    {
        Self { platform, keys: Remembered(Arc::<S>::clone(store)) }
    }

    /// All that is remembered, by name.
    async fn remembered(&self) -> Vec<FingerprintedKey> {
        let mut all = self.keys.0.remembered().await.expect("keys are read");
        all.sort_by_key(|key| key.name.as_str());
        all
    }

    async fn remember(&self, changes: &[Change<KeyWrite>]) -> Committed {
        self.keys.0.remember(changes).await.expect("keys are written")
    }
}

impl AsRef<PlatformStores> for ServerKeysUnderTest {
    fn as_ref(&self) -> &PlatformStores {
        &self.platform
    }
}

fn act() -> Act {
    samples::act("start-1", samples::system(), samples::at(1))
}

fn key(name: ServerKey, byte: u8) -> FingerprintedKey {
    FingerprintedKey::of(name, &SecretKey::parse(&[byte; 32]).expect("a key"))
}

/// The changes from the first keys to the second ones.
fn changes(before: &[FingerprintedKey], after: &[FingerprintedKey]) -> Vec<Change<KeyWrite>> {
    KeyComparison::of(after, before).changes(true, &act())
}

/// They read back, and each is audited once.
pub async fn remembered_keys_read_back_and_are_audited(store: ServerKeysUnderTest) {
    assert_eq!(store.remembered().await, []);
    let first = [key(AuditKey, 1), key(DeploymentSalt, 2), key(QrKey, 3)];
    let new = changes(&[], &first);
    assert_eq!(store.remember(&new).await, Committed::Moved);
    assert_eq!(store.remembered().await, first);
    let second = [key(AuditKey, 4), first[1], key(QrKey, 5)];
    let replaced = changes(&first, &second);
    assert_eq!((replaced.len(), store.remember(&replaced).await), (2, Committed::Moved));
    assert_eq!(store.remembered().await, second);
    for change in new.iter().chain(&replaced) {
        assert_eq!(audit_rows::count(&store, &change.audit).await, 1);
    }
    assert_eq!(audit_rows::verify(&store).await, 5);
}

/// What was read from a database that others changed meanwhile changes nothing, not even in part.
pub async fn an_outdated_change_is_lost_with_all_beside_it(store: ServerKeysUnderTest) {
    let first = [key(AuditKey, 1), key(DeploymentSalt, 2)];
    assert_eq!(store.remember(&changes(&[], &first)).await, Committed::Moved);
    let again = changes(&[], &first);
    assert_eq!(store.remember(&again).await, Committed::Lost, "it is there already");
    let beside = changes(&first[1..], &[key(QrKey, 3), first[0]]);
    assert_eq!(store.remember(&beside).await, Committed::Lost, "one of two is there already");
    let never = changes(&[key(QrKey, 4)], &[key(QrKey, 5)]);
    assert_eq!(store.remember(&never).await, Committed::Lost, "nothing is there");
    let other = changes(&[key(AuditKey, 6)], &[key(AuditKey, 7)]);
    assert_eq!(store.remember(&other).await, Committed::Lost, "another one is there");
    assert_eq!(store.remembered().await, first);
    assert_eq!(audit_rows::verify(&store).await, 2);
}

/// Of nodes that start at once with different keys one is first, and all of its keys are.
pub async fn of_twenty_racing_nodes_one_is_remembered(store: ServerKeysUnderTest) {
    let keys_of = |byte| [key(AuditKey, byte), key(DeploymentSalt, byte), key(QrKey, byte)];
    let start = |byte| {
        let store = store.clone();
        async move { store.remember(&changes(&[], &keys_of(byte))).await }
    };
    let results = race((1..=20).map(start).collect()).await;
    assert_eq!(results.iter().filter(|it| **it == Committed::Moved).count(), 1);
    let remembered = store.remembered().await;
    assert!(
        (1..=20).any(|byte| keys_of(byte)[..] == remembered),
        "all remembered keys are of one node"
    );
    let replace = |byte| {
        let (store, before) = (store.clone(), remembered.clone());
        async move { store.remember(&changes(&before, &keys_of(byte))).await }
    };
    let results = race((21..=40).map(replace).collect()).await;
    assert_eq!(results.iter().filter(|it| **it == Committed::Moved).count(), 1);
    assert_eq!(audit_rows::verify(&store).await, 6);
}

/// Runs the suite on each adapter: `server_keys_contract!(mine: open_mine(), …);`, where
/// `open_mine()` is a future of
/// [`TestStores<ServerKeysUnderTest>`](crate::contract::TestStores).
#[macro_export]
macro_rules! server_keys_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            server_keys of server_keys, of_stores [
                remembered_keys_read_back_and_are_audited
                an_outdated_change_is_lost_with_all_beside_it
                of_twenty_racing_nodes_one_is_remembered
            ]
            $($adapters)+
        }
    };
}
