//! Tests the wired service of programs that embed it.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_application::{GroupCommitSettings, InvalidSetup, UpgradeOptions, UpgradeSetup};
use madoguchi_domain::breaker::BreakerSettings;
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
        assert_eq!(
            started.err(),
            (!is_allowed).then_some(InvalidSetup::LeaseTooShort),
            "{call_lasts:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_setup_that_could_never_work_is_refused() {
    let fake = FakeStore::new(samples::audit_key());
    let bank = Arc::new(FakeCoreBank::default());
    let standard = UpgradeOptions::default;
    let lane = GroupCommitSettings::default;
    let no_batch = GroupCommitSettings { max_batch: 0, ..lane() };
    let no_queue = GroupCommitSettings { queue_capacity: 0, ..lane() };
    let no_wait = GroupCommitSettings { max_wait: Duration::ZERO, ..lane() };
    let longest = SignedDuration::from_secs(1);
    let short = BreakerSettings { longest, ..standard().breaker };
    let closed = BreakerSettings { open_for: SignedDuration::ZERO, ..standard().breaker };
    let effects = EffectPolicy::standard();
    let no_settle = EffectPolicy { settle: SignedDuration::ZERO, ..effects };
    let no_tries = EffectPolicy { ambiguous_tries: 0, ..effects };
    for (options, expected) in [
        (UpgradeOptions { calls: 0, ..standard() }, "options.calls must be"),
        (UpgradeOptions { poll: Duration::ZERO, ..standard() }, "options.poll must be"),
        (UpgradeOptions { group_commit: no_batch, ..standard() }, "max_batch must be"),
        (UpgradeOptions { group_commit: no_queue, ..standard() }, "queue_capacity must be"),
        (UpgradeOptions { group_commit: no_wait, ..standard() }, "max_wait must be"),
        (UpgradeOptions { breaker: short, ..standard() }, "breaker.longest must be"),
        (UpgradeOptions { breaker: closed, ..standard() }, "breaker.open_for must be"),
        (UpgradeOptions { effects: no_settle, ..standard() }, "effects.settle must be"),
        (UpgradeOptions { effects: no_tries, ..standard() }, "effects.ambiguous_tries must be"),
    ] {
        let setup = UpgradeSetup { options, ..setup(&fake, &bank, longest) };
        let refused = setup.start().expect_err("it is refused").to_string();
        assert!(refused.contains(expected), "{refused}");
    }
    let negative = setup(&fake, &bank, -longest).start().expect_err("it is refused");
    assert_eq!(negative, InvalidSetup::NotPositive("call_lasts"));
    let for_ever = GroupCommitSettings { max_wait: Duration::MAX, ..lane() };
    let options = UpgradeOptions { group_commit: for_ever, ..standard() };
    let upgrades = UpgradeSetup { options, ..setup(&fake, &bank, longest) }.start();
    let upgrades = upgrades.expect("it starts");
    let act = samples::act("o", samples::human(), samples::start());
    assert!(upgrades.service.open(samples::member_id(9), act).await.is_err(), "it is answered");
    upgrades.stop().await;
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
