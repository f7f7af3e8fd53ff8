//! A store with data keys, and the key ring at the stages of a rotation.

use std::num::NonZeroU32;
use std::sync::Arc;

use madoguchi_application::{
    KeyExamination, KeyFindings, KeyRotation, RotationCounts, RotationError, RotationSettings,
};
use madoguchi_domain::key_ring::{HeldKey, KeyKind, KeyState, NodeId};
use madoguchi_domain::port::{DataKeys, Sealer};
use madoguchi_domain::sealed::{DataKeyId, KeyId};
use madoguchi_testkit::fake::clock::ManualClock;
use madoguchi_testkit::fake::sealer::FakeSealer;
use madoguchi_testkit::fake::store::FakeStore;
use madoguchi_testkit::samples;
use uuid::Uuid;

pub(super) fn key(id: &str) -> KeyId {
    KeyId::parse(id).expect("the id parses")
}

pub(super) fn node(name: &str) -> NodeId {
    NodeId::parse(name).expect("the name parses")
}

pub(super) fn held(id: &str, state: KeyState) -> HeldKey {
    HeldKey { kind: KeyKind::KeyEncryption, id: key(id), state }
}

pub(super) struct Harness {
    pub(super) store: FakeStore,
    pub(super) clock: Arc<ManualClock>,
    /// Wraps under `old`.
    pub(super) old: FakeSealer,
    /// Wraps under `new`, and unwraps what is under `old`.
    pub(super) new: FakeSealer,
}

impl Harness {
    pub(super) fn new() -> Self {
        let old = FakeSealer::new("old");
        let new = old.activated("new");
        let clock = Arc::new(ManualClock::at(samples::start()));
        Self { store: FakeStore::new(samples::audit_key()), clock, old, new }
    }

    /// Inserts data keys of these numbers, wrapped by `sealer`.
    pub(super) fn insert(&self, sealer: &FakeSealer, numbers: std::ops::Range<u128>) {
        let keys = numbers.map(|number| {
            (DataKeyId(Uuid::from_u128(number)), sealer.new_data_key().expect("a data key"))
        });
        self.store.insert_data_keys(&keys.collect::<Vec<_>>());
    }

    pub(super) fn keys(&self) -> Arc<dyn DataKeys> {
        Arc::new(self.store.clone())
    }

    pub(super) fn rotation(&self, batch: u32, per_second: Option<u32>) -> KeyRotation {
        KeyRotation {
            keys: self.keys(),
            sealer: Arc::new(self.new.clone()),
            clock: Arc::clone(&self.clock) as _,
            settings: RotationSettings {
                batch: NonZeroU32::new(batch).expect("a batch"),
                per_second: per_second.and_then(NonZeroU32::new),
            },
        }
    }

    pub(super) async fn rotate(&self) -> Result<RotationCounts, RotationError> {
        self.rotation(500, None).run(|_| {}).await
    }

    pub(super) async fn counts(&self) -> Vec<(String, u64)> {
        let counts = self.store.counts().await.expect("counted");
        counts.into_iter().map(|(key, count)| (key.to_string(), count)).collect()
    }

    /// What a process with this key ring finds.
    pub(super) async fn findings(&self, sealer: FakeSealer) -> KeyFindings {
        let sealer = Arc::new(sealer);
        KeyExamination { keys: self.keys(), sealer }.run().await.expect("examined")
    }

    pub(super) async fn report(&self, name: &str, keys: &[HeldKey], at: i64) {
        self.store.report(&node(name), keys, samples::at(at)).await.expect("reported");
    }
}
