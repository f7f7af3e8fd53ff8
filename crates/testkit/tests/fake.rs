//! Runs all store suites on the fake store, because other tests depend on it.

use std::sync::Arc;

use madoguchi_domain::change::Committed;
use madoguchi_domain::effect::{EffectStateName, Outcome};
use madoguchi_domain::port::{JobLeases, Recorded, StoreError};
use madoguchi_domain::sealed::KeyId;
use madoguchi_testkit::contract::blind_indexes::{IndexedRecords, RotatingIndexes};
use madoguchi_testkit::contract::data_keys::DataKeysUnderTest;
use madoguchi_testkit::contract::delivery_store::WatchStores;
use madoguchi_testkit::contract::mailer::MailerUnderTest;
use madoguchi_testkit::contract::resolution_store::BothStores;
use madoguchi_testkit::contract::retention_store::RetentionUnderTest;
use madoguchi_testkit::contract::server_keys::ServerKeysUnderTest;
use madoguchi_testkit::contract::stored_data::StoredData;
use madoguchi_testkit::contract::{ContactStores, DeliveryStores, ResolutionStores, TestStores};
use madoguchi_testkit::driver::upgrade::UpgradeDriver;
use madoguchi_testkit::fake::mailer::FakeMailer;
use madoguchi_testkit::fake::store::{FakeStore, Fault};
use madoguchi_testkit::{
    announcement_store_contract, audit_log_contract, blind_indexes_contract,
    contact_store_contract, data_keys_contract, delivery_store_contract, effect_queue_contract,
    health_contract, hold_store_contract, job_leases_contract, mail_store_contract,
    mailer_contract, member_store_contract, person_store_contract, replay_store_contract,
    resolution_store_contract, retention_reports_contract, retention_store_contract, samples,
    server_keys_contract, stored_data_contract, upgrade_store_contract,
};

async fn open_fake() -> TestStores {
    FakeStore::new(samples::audit_key()).stores().into()
}

async fn open_fake_persons() -> TestStores<ContactStores> {
    FakeStore::new(samples::audit_key()).contact_stores().into()
}

async fn open_fake_data_keys() -> TestStores<DataKeysUnderTest> {
    let fake = FakeStore::new(samples::audit_key());
    let keys = Arc::new(fake.clone());
    DataKeysUnderTest { keys, insert: Arc::new(move |keys| fake.insert_data_keys(keys)) }.into()
}

async fn open_fake_job_leases() -> TestStores<Arc<dyn JobLeases>> {
    let leases: Arc<dyn JobLeases> = Arc::new(FakeStore::new(samples::audit_key()));
    leases.into()
}

data_keys_contract!(fake: open_fake_data_keys());
job_leases_contract!(fake: open_fake_job_leases());
member_store_contract!(fake: open_fake());
async fn open_fake_indexes() -> TestStores<RotatingIndexes> {
    let fake = FakeStore::new(samples::audit_key());
    let keys = ["old", "new"].map(|id| KeyId::parse(id).expect("a key id"));
    let [old, new] = &keys;
    let behind = |keys: &[KeyId]| IndexedRecords::of(fake.with_index_keys(keys));
    let [old, both, new] =
        [std::slice::from_ref(old), &keys, std::slice::from_ref(new)].map(behind);
    RotatingIndexes { old, both, new }.into()
}

contact_store_contract!(fake: open_fake_persons());
mail_store_contract!(fake: open_fake_persons());
announcement_store_contract!(fake: open_fake_persons());

async fn open_fake_watch() -> TestStores<WatchStores> {
    let fake = FakeStore::new(samples::audit_key());
    let contacts = fake.contact_stores();
    let delivery = DeliveryStores::of(contacts.platform.clone(), &Arc::new(fake));
    TestStores::from((contacts, delivery))
}

delivery_store_contract!(fake: open_fake_watch());

async fn open_fake_resolutions() -> TestStores<BothStores> {
    let fake = FakeStore::new(samples::audit_key());
    let platform = fake.stores().platform;
    let resolutions = ResolutionStores::of(platform, &Arc::new(fake.clone()));
    TestStores::from((fake.stores(), resolutions))
}

resolution_store_contract!(fake: open_fake_resolutions());

async fn open_fake_server_keys() -> TestStores<ServerKeysUnderTest> {
    let fake = Arc::new(FakeStore::new(samples::audit_key()));
    ServerKeysUnderTest::of(fake.stores().platform, &fake).into()
}

server_keys_contract!(fake: open_fake_server_keys());
person_store_contract!(fake: open_fake_persons());
blind_indexes_contract!(fake: open_fake_indexes());
replay_store_contract!(fake: open_fake());
upgrade_store_contract!(fake: open_fake());
effect_queue_contract!(fake: open_fake());
audit_log_contract!(fake: open_fake());
health_contract!(fake: open_fake());

async fn open_fake_data() -> TestStores<Arc<dyn StoredData>> {
    let data: Arc<dyn StoredData> = Arc::new(FakeStore::new(samples::audit_key()));
    data.into()
}

stored_data_contract!(fake: open_fake_data());

#[tokio::test]
async fn a_broken_commit_has_happened_or_has_not_and_says_neither() {
    let fake = FakeStore::new(samples::audit_key());
    let driver = UpgradeDriver::at(&fake.stores());
    driver.verified(1..=2).await;
    let changes = [
        driver.change(&samples::decide(1, true)).await,
        driver.change(&samples::decide(2, true)).await,
    ];
    fake.fail_next(1, Fault::BeforeCommit);
    fake.fail_next(1, Fault::AfterCommit);
    for change in &changes {
        let answer = driver.stores.upgrades.commit(std::slice::from_ref(change)).await;
        assert!(matches!(answer, Err(StoreError::Unavailable(_))));
    }
    assert!(driver.newest(1).await.effect.is_none());
    assert!(driver.newest(2).await.effect.is_some());
    assert_eq!(driver.commit_all(&changes).await, [Committed::Moved, Committed::Lost]);
}

#[tokio::test]
async fn claims_and_outcomes_break_too_and_reading_does_not() {
    let fake = FakeStore::new(samples::audit_key());
    let driver = UpgradeDriver::at(&fake.stores());
    driver.passed(1..=1).await;
    let wish = samples::claim(1, 1, samples::at(200));
    fake.fail_next(2, Fault::AfterCommit);
    assert!(driver.stores.platform.effects.claim(&wish).await.is_err());
    let sending = driver.effect(1).await;
    assert_eq!(sending.state.name(), EffectStateName::Sending);
    let applied = samples::answered(&sending, Outcome::Applied, samples::at(201));
    assert!(driver.stores.platform.effects.record(std::slice::from_ref(&applied)).await.is_err());
    assert_eq!(driver.effect(1).await, applied.write.after);
    assert_eq!(driver.record(&applied).await, Recorded::FencedOut);
}

#[tokio::test]
async fn a_store_that_is_down_does_nothing_and_says_so() {
    let fake = FakeStore::new(samples::audit_key());
    let stores = fake.stores();
    assert_eq!(
        (stores.platform.health.name(), stores.platform.health.check().await),
        ("store", Ok(()))
    );
    fake.set_down(true);
    assert!(stores.platform.health.check().await.is_err());
    assert!(stores.members.find(&samples::member_id(1)).await.is_err());
    fake.set_down(false);
    assert_eq!(stores.members.find(&samples::member_id(1)).await, Ok(None));
}

fn fake_mailer() -> MailerUnderTest {
    let fake = Arc::new(FakeMailer::default());
    let mailer = Arc::clone(&fake);
    let arrived = move || {
        let accepted = fake.accepted().into_iter();
        let named =
            accepted.map(|mail| (mail.message_id.as_str().to_owned(), mail.to.expose().to_owned()));
        named.collect()
    };
    MailerUnderTest { mailer, arrived: Box::new(arrived), guard: Box::new(()) }
}

mailer_contract!(fake: async { fake_mailer() });

async fn open_fake_retention() -> TestStores<RetentionUnderTest> {
    let fake = FakeStore::new(samples::audit_key());
    let (data_keys, indexes) = (Arc::new(fake.clone()), Arc::new(fake.clone()));
    let (contacts, retention) = (fake.contact_stores().into(), fake.retention_stores());
    RetentionUnderTest { contacts, retention, data_keys, indexes }.into()
}

retention_store_contract!(fake: open_fake_retention());
hold_store_contract!(fake: open_fake_retention());
retention_reports_contract!(fake: open_fake_retention());
