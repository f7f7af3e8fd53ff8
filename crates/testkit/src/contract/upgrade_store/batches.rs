//! Checks many changes in one transaction, each with its own result.

use madoguchi_application::UpgradeStores;
use madoguchi_domain::audit::AuditEntry;
use madoguchi_domain::change::Committed;
use madoguchi_domain::member::Member;
use madoguchi_domain::upgrade::{self, CaseKey, CaseSnapshot, Lookup, StateName};

use crate::contract::audit_rows;
use crate::driver::upgrade::UpgradeDriver;
use crate::samples::{self, case_id, found_case, member_id};

/// Of fifty verdicts every seventh is stale: these are lost, all others are written.
pub async fn a_lost_change_does_not_hold_back_the_others(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.verified(1..=50).await;
    let mut changes = Vec::new();
    for number in 1..=50 {
        changes.push(driver.change(&samples::decide(number, true)).await);
    }
    let stale: Vec<_> =
        (1..=50).filter(|n| n % 7 == 0).map(|n| samples::decide(n, false)).collect();
    driver.ask_all(&stale).await;

    let became = driver.commit_all(&changes).await;
    for (number, became) in (1..=50).zip(became) {
        let found = driver.newest(number).await;
        let case = found.case.expect("the case is there");
        let (state, committed) = if number % 7 == 0 {
            (StateName::CustomerFailure, Committed::Lost)
        } else {
            (StateName::CustomerSuccess, Committed::Moved)
        };
        assert_eq!((case.state.name(), became), (state, committed), "case {number}");
        let moved = became == Committed::Moved;
        assert_eq!((found.effect.is_some(), found.member.target.is_some()), (moved, moved));
        assert_eq!(driver.timeline(case.id).await.history.len(), 3);
    }
    assert_eq!(audit_rows::rows(&stores).await.len(), 50 * 4);
}

/// Of two openings for one member in one batch, one is written.
pub async fn of_two_openings_in_one_batch_one_moves(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.register(1..=2).await;
    let changes = [
        driver.change(&samples::open_as(1, case_id(101))).await,
        driver.change(&samples::open_as(1, case_id(102))).await,
        driver.change(&samples::open(2)).await,
    ];
    let became = driver.commit_all(&changes).await;
    let moved = |place: usize| became[place] == Committed::Moved;
    assert!(moved(0) != moved(1), "one of the two opens: {became:?}");
    assert!(moved(2), "the other member's is written: {became:?}");
    for (place, id) in [case_id(101), case_id(102), case_id(2)].into_iter().enumerate() {
        assert_eq!(driver.load(CaseKey::Id(id)).await.is_some(), moved(place));
        assert_eq!(
            audit_rows::count(&stores, &changes[place].audit).await,
            usize::from(moved(place))
        );
    }
}

/// Opening, new QR code, check, verdicts, plan and contradiction share one transaction.
pub async fn all_kinds_of_changes_commit_together(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.register(1..=1).await;
    driver.opened(2..=3).await;
    driver.verified(4..=6).await;
    driver.orphan(6).await;
    driver.passed(7..=7).await;
    let requests = [
        samples::open(1),
        samples::asked_at(samples::open(2), samples::at(601)),
        samples::verify(3, true),
        samples::decide(4, true),
        samples::decide(5, false),
        samples::decide(7, false),
    ];
    let (mut changes, mut expected) = (Vec::new(), Vec::new());
    for request in &requests {
        let decision = driver.decide(request).await;
        changes.push(decision.change.expect("the request changes something"));
        expected.push(decision.after);
    }
    let orphan = driver.newest(6).await;
    let plan = upgrade::replan(
        &orphan,
        &driver.policy,
        &samples::act("sweeper", samples::system(), samples::at(180)),
    );
    let plan = plan.expect("an orphan can be given its effect");
    let target = Some(driver.policy.target.clone());
    let member = Member { target, ..orphan.member.clone() };
    let adopted = CaseSnapshot { member, effect: plan.effects.first().cloned(), ..orphan.clone() };
    changes.push(plan);

    assert_eq!(driver.commit_all(&changes).await, [Committed::Moved; 7]);
    for (number, expected) in [1, 2, 3, 4, 5, 7].into_iter().zip(expected) {
        assert_eq!(Some(driver.newest(number).await), expected, "member {number}");
    }
    assert_eq!(driver.newest(6).await, adopted);
    let audits: Vec<&AuditEntry> = changes.iter().map(|change| &change.audit).collect();
    for audit in audits {
        assert_eq!(audit_rows::count(&stores, audit).await, 1, "{:?}", audit.action);
    }
}

/// 256 members are registered, opened, checked and passed, 256 at a time.
pub async fn a_batch_of_256_commits(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.verified(1..=256).await;
    let verdicts: Vec<_> = (1..=256).map(|number| samples::decide(number, true)).collect();
    let after = driver.ask_all(&verdicts).await.into_iter();
    let expected: Vec<_> = after.map(|it| Some(found_case(it))).collect();
    let newest = |number| Lookup { key: CaseKey::NewestOf(member_id(number)), check: None };
    let found = driver.look_up(&(1..=256).map(newest).collect::<Vec<_>>()).await;
    assert_eq!(found, expected);
    assert!(
        found.iter().flatten().all(|found| found.snapshot.effect.is_some()),
        "every case is read with its effect"
    );
    assert_eq!(audit_rows::rows(&stores).await.len(), 256 * 4);
}
