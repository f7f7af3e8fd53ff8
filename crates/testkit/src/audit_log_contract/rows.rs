//! Checks that what really happened has one row, and what did not has none.

use jiff::SignedDuration;

use madoguchi_application::Stores;
use madoguchi_domain::actor::{ActorKind, ActorRef};
use madoguchi_domain::audit::{Action, AuditEntry, Subject};
use madoguchi_domain::core_bank::{EffectEvent, EffectPolicy, Outcome};
use madoguchi_domain::member::{Member, MemberId};
use madoguchi_domain::port::{Committed, Recorded, Registered, Registration};
use madoguchi_domain::upgrade::{Change, Write};

use crate::audit_rows;
use crate::samples::{self, answered, at, case_id, claim, correlation, member, moved};
use crate::upgrade_driver::UpgradeDriver;

/// Of each pair of changes on one version, the one that moved is recorded, once.
pub async fn every_change_that_moved_has_one_row_and_a_lost_one_none(stores: Stores) {
    let driver = UpgradeDriver::at(&stores);
    driver.register(1..=1).await;
    let pairs = [
        (samples::open(1), samples::open_as(1, case_id(101))),
        (samples::verify(1, true), samples::verify(1, false)),
        (samples::decide(1, true), samples::decide(1, false)),
    ];
    let mut rows = 1;
    for (moves, loses) in &pairs {
        let (moves, loses) = (driver.change(moves).await, driver.change(loses).await);
        let became = driver.commit_all(std::slice::from_ref(&moves)).await;
        assert_eq!(became, [Committed::Moved]);
        assert_eq!(driver.commit(&loses).await, Committed::Lost);
        assert_eq!(driver.commit(&moves).await, Committed::Lost, "the same again moves nothing");
        rows += 1;
        assert_eq!(audit_rows::count(&stores, &moves.audit).await, 1);
        assert_eq!(audit_rows::count(&stores, &loses.audit).await, 0);
        assert_eq!(audit_rows::rows(&stores).await.len(), rows);
    }
}

/// What was asked of another system stands in the trail, in order, and a batch of it whole.
pub async fn what_changed_nothing_here_is_added_in_order(stores: Stores) {
    let looked_up = |number: u32, action| AuditEntry {
        action,
        subject: Subject::Lookup(samples::flow(number)),
        detail: "found".into(),
        by: samples::system(),
        at: at(i64::from(number)),
        correlation: correlation("call-1"),
    };
    let one = looked_up(1, Action::CallerLookedUp);
    let more: Vec<_> = (2..=300).map(|number| looked_up(number, Action::ContextLookedUp)).collect();
    stores.audit.append(&[]).await.expect("nothing is added");
    stores.audit.append(std::slice::from_ref(&one)).await.expect("one row is added");
    stores.audit.append(&more).await.expect("many rows are added");
    for entry in [&one].into_iter().chain(&more) {
        assert_eq!(audit_rows::count(&stores, entry).await, 1);
    }
    assert_eq!(audit_rows::rows(&stores).await.len(), 300);
}

/// A claim, an outcome and a sweeper's move are recorded once; a late outcome is not.
pub async fn every_claim_and_outcome_has_one_row_and_a_fenced_out_one_none(stores: Stores) {
    let driver = UpgradeDriver::at(&stores);
    driver.passed(1..=2).await;
    let wish = claim(1, 10, at(200));
    let claimed = driver.claim(&wish).await;
    assert_eq!(driver.claim(&wish).await, []);
    for effect in &claimed {
        assert_eq!(
            audit_rows::count(&stores, &wish.audit(effect.order.case, effect.state.name())).await,
            1
        );
    }
    let lapsed = moved(&claimed[0], EffectEvent::LeaseLapsed, &EffectPolicy::standard(), at(240));
    let applied = answered(&claimed[1], Outcome::Applied, at(201));
    for change in [&lapsed, &applied] {
        assert_eq!(driver.record(change).await, Recorded::Written);
        assert_eq!(audit_rows::count(&stores, &change.audit).await, 1);
    }
    let rows = audit_rows::rows(&stores).await.len();
    let late = answered(&claimed[0], Outcome::Applied, at(241));
    assert_eq!(driver.record(&late).await, Recorded::FencedOut);
    assert_eq!(audit_rows::count(&stores, &late.audit).await, 0);
    assert_eq!(audit_rows::rows(&stores).await.len(), rows);
    assert_eq!(rows, 2 * 4 + 2 + 2, "four for each life, two claims, two moves");
}

fn odd(action: Action, subject: Subject) -> AuditEntry {
    AuditEntry {
        action,
        subject,
        detail: "détail 'quoted' 100% \\ _".to_owned().into(),
        by: ActorRef::new("https://idp.example/客", "Agent \"7\" 客服 🦀", ActorKind::Human),
        at: at(0) + SignedDuration::from_micros(999_999),
        correlation: correlation("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
    }
}

/// Every action, subject, kind of actor and odd character reads back as it was recorded.
pub async fn rows_read_back_as_they_were_written(stores: Stores) {
    let driver = UpgradeDriver::at(&stores);
    let strange = MemberId::parse("客's \"100%\" \\ _").expect("the id parses");
    let member = Member { id: strange.clone(), ..member(1) };
    let audit = odd(Action::MemberRegistered, Subject::Member(strange));
    let wish = Registration { member, audit: audit.clone() };
    let answer = stores.members.register(&[wish]).await;
    assert_eq!(answer, Ok(vec![Registered::New]));

    let mut expected = vec![audit];
    for action in Action::ALL {
        let plain = AuditEntry {
            detail: "".into(),
            by: samples::system(),
            ..odd(action, Subject::Member(samples::member_id(7)))
        };
        for audit in [odd(action, Subject::Case(case_id(7))), plain] {
            let change = Change { write: Write::Nothing, audit: audit.clone() };
            assert_eq!(driver.commit(&change).await, Committed::Moved);
            expected.push(audit);
        }
    }
    for entry in &expected {
        assert_eq!(audit_rows::count(&stores, entry).await, 1, "{entry:?}");
    }
    assert_eq!(audit_rows::rows(&stores).await.len(), expected.len());
}
