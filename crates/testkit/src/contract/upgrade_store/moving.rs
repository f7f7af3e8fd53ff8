//! Checks that a state transition is written with all its rows, or not at all.

use madoguchi_application::UpgradeStores;
use madoguchi_domain::change::Committed;
use madoguchi_domain::effect::{EffectState, Fence};
use madoguchi_domain::upgrade::{
    self, CaseKey, CheckReference, CheckSource, Command, EventName, HistoryEntry, Lookup, Request,
    SetLevel, StateName, Version, Write,
};

use crate::contract::audit_rows;
use crate::driver::upgrade::UpgradeDriver;
use crate::samples::{self, case_id};

/// A case in each of the five states reads back as decided, with check, times and target.
pub async fn every_state_reads_back_with_its_facts(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.opened(1..=5).await;
    let reference = CheckReference::parse("客's \"100%\" \\ _ 🦀").expect("the reference parses");
    let odd = Command::Verify { source: CheckSource::Va, reference, passed: true };
    let stories = [
        (1, StateName::New, vec![]),
        (2, StateName::EddaSuccess, vec![Request { command: odd, ..samples::verify(2, true) }]),
        (3, StateName::EddaFailure, vec![samples::verify(3, false)]),
        (4, StateName::CustomerSuccess, vec![samples::verify(4, true), samples::decide(4, true)]),
        (5, StateName::CustomerFailure, vec![samples::verify(5, true), samples::decide(5, false)]),
    ];
    for (number, state, requests) in stories {
        let mut expected = driver.newest(number).await;
        for request in requests {
            expected = driver.ask(&request).await;
            assert_eq!(driver.newest(number).await, expected);
        }
        let by_id = driver.load(CaseKey::Id(case_id(number))).await;
        assert_eq!(by_id.as_ref(), Some(&expected));
        assert_eq!(expected.case.map(|case| case.state.name()), Some(state));
    }
}

/// Each transition has one history row with from, to, why, actor, time and correlation id.
pub async fn history_is_written_once_and_in_order(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.opened(1..=2).await;
    driver.ask(&samples::verify(1, true)).await;
    driver.ask(&samples::decide(1, true)).await;
    let replay = driver.decide(&samples::decide(1, true)).await;
    assert_eq!(replay.change, None, "the same verdict again changes nothing");

    let row = |from, to, why, request: Request| HistoryEntry {
        case: case_id(1),
        from,
        to,
        why,
        act: request.act,
    };
    let expected = [
        row(None, StateName::New, EventName::Opened, samples::open(1)),
        row(
            Some(StateName::New),
            StateName::EddaSuccess,
            EventName::Verified,
            samples::verify(1, true),
        ),
        row(
            Some(StateName::EddaSuccess),
            StateName::CustomerSuccess,
            EventName::Passed,
            samples::decide(1, true),
        ),
    ];
    let past = driver.timeline(case_id(1)).await;
    assert_eq!(past.history, expected);
    assert_eq!(past.evidence, []);
    assert_eq!(driver.timeline(case_id(2)).await.history.len(), 1, "another case's is its own");
}

/// After a passed verdict the case is final, the effect due, the target set, the level unchanged.
pub async fn a_passed_verdict_writes_case_effect_and_target_together(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.passed(1..=1).await;
    let found = driver.newest(1).await;
    let case = found.case.expect("the case is there");
    let effect = found.effect.expect("its effect is there");
    let ids = driver.policy.transaction_ids.derive(case.id, &driver.policy.target);

    assert_eq!((case.state.name(), case.version), (StateName::CustomerSuccess, Version(3)));
    assert_eq!(effect.state, EffectState::Planned { due: samples::at(120) });
    assert_eq!(effect.fence, Fence(0));
    assert_eq!(effect.correlation, samples::decide(1, true).act.correlation);
    let order = SetLevel::parse(&effect.order).expect("the order parses");
    assert_eq!((order.case, order.member), (case.id, found.member.id.clone()));
    assert_eq!(order.arrangement, samples::account(1).arrangement);
    assert_eq!(order.level, driver.policy.target);
    assert_eq!((order.transaction_id, order.txn_no), ids);
    assert_eq!(found.member.target, Some(driver.policy.target.clone()));
    assert_eq!(found.member.level(), None);
    let registered = stores.members.find(&found.member.id).await.expect("members are read");
    assert_eq!(registered, Some(found.member));
}

/// A passed check of a sample member under this reference.
fn verified_by(number: u32, reference: u32) -> Request {
    let reference = samples::reference(reference);
    let command = Command::Verify { source: CheckSource::Edda, reference, passed: true };
    Request { command, ..samples::verify(number, true) }
}

/// A lost change of any kind writes no state, code, history, effect, target or audit row.
pub async fn a_lost_change_writes_nothing_at_all(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.register(1..=1).await;
    driver.opened(2..=2).await;
    driver.opened(3..=3).await;
    driver.verified(4..=5).await;
    driver.orphan(5).await;
    let late = samples::asked_at(samples::open(2), samples::at(601));
    let orphan = driver.newest(5).await;
    let plan = upgrade::replan(
        &orphan,
        &driver.policy,
        &samples::act("sweeper", samples::system(), samples::at(180)),
    );
    let lost = [
        driver.change(&samples::open_as(1, case_id(101))).await,
        driver.change(&late).await,
        driver.change(&verified_by(3, 33)).await,
        driver.change(&samples::decide(4, true)).await,
        plan.expect("an orphan can be given its effect"),
    ];
    driver.ask(&samples::open(1)).await;
    driver.ask(&samples::verify(2, true)).await;
    driver.ask(&samples::verify(3, false)).await;
    driver.ask(&samples::decide(4, false)).await;
    assert_eq!(driver.commit(&lost[4]).await, Committed::Moved);

    let cases = [1, 2, 3, 4, 5, 101].map(case_id);
    let before = driver.snapshot(&cases).await;
    for change in &lost {
        assert_eq!(driver.commit(change).await, Committed::Lost, "{:?}", change.audit.action);
    }
    assert_eq!(driver.commit_all(&lost).await, [Committed::Lost; 5]);
    let check = Some((CheckSource::Edda, samples::reference(33)));
    let lookup = Lookup { key: CaseKey::Id(case_id(3)), check };
    let found = driver.look_up(&[lookup]).await.remove(0).expect("the case is stored");
    assert_eq!(found.check_held_by, None, "a lost result does not take its reference");
    assert_eq!(driver.snapshot(&cases).await, before);
    for (case, serial) in [(101, 1), (2, 2)] {
        let hash = driver.policy.qr.token(case_id(case), serial).hash();
        assert_eq!(driver.load(CaseKey::Scanned(hash)).await, None, "no lost code is found");
    }
}

/// A contradiction writes its audit row with the actor, and nothing else.
pub async fn a_contradiction_writes_its_audit_row_and_nothing_else(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.passed(1..=1).await;
    let change = driver.change(&samples::decide(1, false)).await;
    assert_eq!(change.write, Write::Nothing);
    let before = driver.snapshot(&[case_id(1)]).await;
    assert_eq!(driver.commit(&change).await, Committed::Moved);

    let after = driver.snapshot(&[case_id(1)]).await;
    assert_eq!((after.snapshots, after.timelines), (before.snapshots, before.timelines));
    assert_eq!(after.trail.len(), before.trail.len() + 1);
    assert_eq!(audit_rows::count(&stores, &change.audit).await, 1);
}
