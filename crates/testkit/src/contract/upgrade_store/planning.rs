//! Checks core-bank effects: one per passed case, one unsettled per arrangement.

use madoguchi_application::UpgradeStores;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::effect::{Doubt, EffectEvent, EffectPolicy, EffectState, Outcome};
use madoguchi_domain::port::Recorded;
use madoguchi_domain::upgrade::{
    self, CaseId, CaseKey, CaseSnapshot, CheckReference, CheckSource, Command, Guarantee, Request,
    Write,
};

use crate::contract::audit_rows;
use crate::contract::race::race;
use crate::driver::upgrade::UpgradeDriver;
use crate::samples::{self, case_id, found_case};

/// A passed case without an effect gets the same effect as at the verdict; a second is lost.
pub async fn an_orphan_gets_its_effect_once(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.verified(1..=1).await;
    driver.orphan(1).await;
    let orphan = driver.newest(1).await;
    assert_eq!(orphan.effect, None);
    let plan = |at| {
        upgrade::replan(
            &orphan,
            &driver.policy,
            &samples::act("sweeper", samples::system(), samples::at(at)),
        )
    };
    let (first, second) = (plan(300).expect("it can be"), plan(301).expect("it can be"));

    assert_eq!(driver.commit(&first).await, Committed::Moved);
    let found = driver.newest(1).await;
    assert_eq!(found.effect.as_ref(), first.effects.first());
    assert_eq!(found.case, orphan.case, "the case itself stays as it was");
    assert_eq!(driver.commit(&second).await, Committed::Lost);
    assert_eq!(driver.newest(1).await, found);
    assert_eq!(audit_rows::count(&stores, &first.audit).await, 1);
    assert_eq!(audit_rows::count(&stores, &second.audit).await, 0);
}

/// Each of them found the case before any of them had planned.
pub async fn of_twenty_raced_sweepers_one_plans_an_orphan(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.verified(1..=1).await;
    driver.orphan(1).await;
    let orphan = driver.newest(1).await;
    let plan = |second| {
        let act = samples::act("sweeper", samples::system(), samples::at(second));
        upgrade::replan(&orphan, &driver.policy, &act).expect("it can be planned")
    };
    let changes: Vec<_> = (301..=320).map(plan).collect();
    let runner = |change: Change<Write>| {
        let driver = driver.clone();
        async move { driver.commit(&change).await }
    };
    let answers = race(changes.iter().cloned().map(runner).collect()).await;
    assert_eq!(answers.iter().filter(|it| **it == Committed::Moved).count(), 1);
    let winner = answers.iter().position(|it| *it == Committed::Moved).expect("one is written");
    assert_eq!(driver.newest(1).await.effect.as_ref(), changes[winner].effects.first());
    assert_eq!(audit_rows::count(&stores, &changes[winner].audit).await, 1);
}

/// While an arrangement has an unsettled effect, no verdict plans a second one.
pub async fn an_arrangement_has_one_unsettled_effect(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.passed(1..=1).await;
    let known = driver.newest(1).await;
    let settled = known.effect.clone().map(|mut effect| {
        effect.state = EffectState::Confirmed;
        effect
    });
    let mistaken = CaseSnapshot { effect: settled, ..known };
    let again = samples::open_as(1, case_id(101));
    let open = upgrade::decide(Some(found_case(mistaken)), &again, &driver.policy).change;
    assert_eq!(driver.commit(&open.expect("a case is opened")).await, Committed::Moved);
    let reference = CheckReference::parse("SECOND").expect("the reference parses");
    let command = Command::Verify { source: CheckSource::Va, reference, passed: true };
    driver.ask(&Request { command, ..samples::verify(1, true) }).await;
    let verdict = driver.change(&samples::decide(1, true)).await;

    let cases = [case_id(1), case_id(101)];
    let before = driver.snapshot(&cases).await;
    assert_eq!(driver.commit(&verdict).await, Committed::Lost);
    assert_eq!(driver.snapshot(&cases).await, before);

    let sent = driver.claim(&samples::claim(1, 1, samples::at(200))).await.remove(0);
    assert_eq!(driver.commit(&verdict).await, Committed::Lost, "the first is sent now");
    let doubt = Outcome::Unknown(Doubt::TimedOut);
    let doubted = samples::answered(&sent, doubt, samples::at(201));
    let policy = Guarantee::None.policy(EffectPolicy::standard());
    let unknown = &doubted.write.after;
    let stuck = samples::moved(unknown, EffectEvent::Settled, &policy, samples::at(400));
    for change in [&doubted, &stuck] {
        assert_eq!(driver.record(change).await, Recorded::Written);
        let state = change.write.after.state.name();
        assert_eq!(driver.commit(&verdict).await, Committed::Lost, "the first is {state}");
    }
    let manual = &stuck.write.after;
    let proven = samples::moved(manual, EffectEvent::ProvenApplied, &policy, samples::at(401));
    assert_eq!(driver.record(&proven).await, Recorded::Written);
    assert_eq!(driver.commit(&verdict).await, Committed::Moved, "the first is settled now");
    let state = EffectState::Planned { due: samples::at(120) };
    assert_eq!(driver.effect(1).await.state, state);
}

/// An effect with the transaction id of another case's effect is lost.
pub async fn a_transaction_id_serves_one_case(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.verified(1..=2).await;
    let passed = driver.ask(&samples::decide(1, true)).await;
    let mut change = driver.change(&samples::decide(2, true)).await;
    let effect = change.effects.first_mut().expect("a passed verdict plans an effect");
    effect.order.upstream_id = passed.effect.expect("it has one").order.upstream_id;

    let before = driver.snapshot(&[case_id(2)]).await;
    assert_eq!(driver.commit(&change).await, Committed::Lost);
    assert_eq!(driver.snapshot(&[case_id(2)]).await, before);
}

/// Of cases in every state, only passed ones without an effect are orphans.
pub async fn orphans_are_passed_cases_without_an_effect_and_nothing_else(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.passed(1..=2).await;
    let sent = driver.claim(&samples::claim(1, 2, samples::at(200))).await;
    let applied = samples::answered(&sent[0], Outcome::Applied, samples::at(201));
    assert_eq!(driver.record(&applied).await, Recorded::Written);
    driver.passed(3..=3).await;
    driver.opened(4..=5).await;
    driver.ask(&samples::verify(5, false)).await;
    driver.verified(6..=9).await;
    driver.ask(&samples::decide(6, false)).await;
    assert_eq!(stores.upgrades.orphans(10).await, Ok(vec![]));
    driver.orphan(8).await;
    driver.orphan(9).await;

    let case = |snapshot: &CaseSnapshot| snapshot.case.as_ref().map(|case| case.id);
    let mut found = stores.upgrades.orphans(10).await.expect("orphans are read");
    found.sort_by_key(case);
    let ids: Vec<Option<CaseId>> = found.iter().map(case).collect();
    assert_eq!(ids, [Some(case_id(8)), Some(case_id(9))]);
    for snapshot in found {
        let id = case(&snapshot).expect("an orphan is a case");
        assert_eq!(driver.load(CaseKey::Id(id)).await, Some(snapshot));
    }
    assert_eq!(stores.upgrades.orphans(1).await.map(|some| some.len()), Ok(1));
}
