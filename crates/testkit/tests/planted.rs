//! The fake store keeps every promise that the ports make: it runs all suites, before any other.

use madoguchi_domain::core_bank::{EffectStateName, Outcome};
use madoguchi_domain::port::{Committed, Recorded, StoreError};
use madoguchi_testkit::contract::TestStores;
#[path = "/tmp/planted/fake_store.rs"]
#[allow(dead_code)]
mod fake_store;
use fake_store::FakeStore;
use madoguchi_testkit::teller::Teller;
use madoguchi_testkit::{
    audit_log_contract, effect_queue_contract, member_store_contract, samples,
    upgrade_store_contract,
};

async fn open_fake() -> TestStores {
    FakeStore::new(samples::audit_key()).stores().into()
}

member_store_contract!(fake: open_fake());
upgrade_store_contract!(fake: open_fake());
effect_queue_contract!(fake: open_fake());
audit_log_contract!(fake: open_fake());
