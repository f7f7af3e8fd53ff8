//! Tests the wired service of programs that embed it.

use std::sync::Arc;

use jiff::SignedDuration;
use madoguchi_application::{LeaseTooShort, UpgradeOptions, UpgradeSetup};
use madoguchi_domain::effect::{EffectPolicy, EffectStateName};
use madoguchi_domain::upgrade::{CaseKey, Guarantee};
use madoguchi_testkit::driver::upgrade::UpgradeDriver;
use madoguchi_testkit::fake::clock::ManualClock;
use madoguchi_testkit::fake::core_bank::FakeCoreBank;
use madoguchi_testkit::fake::ids::SeededIds;
use madoguchi_testkit::fake::store::FakeStore;
use madoguchi_testkit::samples;

fn setup(fake: &FakeStore, bank: &Arc<FakeCoreBank>, call_lasts: SignedDuration) -> UpgradeSetup {
    UpgradeSetup {
        stores: fake.stores(),
        bank: Arc::clone(bank) as _,
        clock: Arc::new(ManualClock::default()),
        ids: Arc::new(SeededIds::new(1)),
        policy: Arc::new(samples::policy()),
        guarantee: Guarantee::None,
        call_lasts,
        options: UpgradeOptions::default(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_leaves_no_time_for_a_call_is_refused() {
    let fake = FakeStore::new(samples::audit_key());
    let bank = Arc::new(FakeCoreBank::default());
    let longest = EffectPolicy::standard().lease - SignedDuration::from_millis(500);
    for (call_lasts, is_allowed) in [
        (longest, true),
        (longest + SignedDuration::from_millis(1), false),
        (SignedDuration::MAX, false),
    ] {
        let started = setup(&fake, &bank, call_lasts).start();
        assert_eq!(started.err(), (!is_allowed).then_some(LeaseTooShort), "{call_lasts:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_finishes_what_was_begun() {
    let fake = FakeStore::new(samples::audit_key());
    let bank = Arc::new(FakeCoreBank::default());
    let driver = UpgradeDriver::at(&fake.stores());
    driver.verified(1..=1).await;
    let upgrades = setup(&fake, &bank, SignedDuration::from_secs(1)).start().expect("it starts");
    let act = samples::act("d", samples::human(), samples::start());
    upgrades.service.decide(CaseKey::Id(samples::case_id(1)), true, act).await.expect("decided");
    while bank.applied().is_empty() {
        tokio::task::yield_now().await;
    }
    upgrades.stop().await;
    assert_eq!(driver.effect(1).await.state.name(), EffectStateName::Confirmed);
}
