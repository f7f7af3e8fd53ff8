//! Checks that every written change has one audit row, and every other change none.

use jiff::SignedDuration;

use madoguchi_application::UpgradeStores;
use madoguchi_domain::actor::{ActorKind, ActorRef};
use madoguchi_domain::audit::{Action, AuditEntry, Subject};
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::effect::{EffectEvent, EffectPolicy, Outcome};
use madoguchi_domain::member::{Member, MemberId};
use madoguchi_domain::port::{EffectChange, Recorded};
use madoguchi_domain::upgrade::Write;

use crate::contract::audit_rows;
use crate::driver::upgrade::UpgradeDriver;
use crate::samples::{self, answered, at, case_id, claim, member, moved};

/// Of two changes on one version, the written one has an audit row, once.
pub async fn every_change_that_moved_has_one_row_and_a_lost_one_none(stores: UpgradeStores) {
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

/// Rows about lookups are stored in order, and each batch completely.
pub async fn what_changed_nothing_here_is_added_in_order(stores: UpgradeStores) {
    let looked_up = |number: u32, action| {
        let act = samples::act("call-1", samples::system(), at(i64::from(number)));
        AuditEntry::new(action, samples::flow(number).subject(), "found", &act)
    };
    let one = looked_up(1, Action::CALLER_LOOKED_UP);
    let more: Vec<_> =
        (2..=300).map(|number| looked_up(number, Action::CONTEXT_LOOKED_UP)).collect();
    stores.platform.audit.append(&[]).await.expect("nothing is added");
    stores.platform.audit.append(std::slice::from_ref(&one)).await.expect("one row is added");
    stores.platform.audit.append(&more).await.expect("many rows are added");
    assert_eq!(audit_rows::count(&stores, &one).await, 1);
    let rows = audit_rows::rows(&stores).await;
    assert_eq!(rows.len(), 300);
    let added = rows.into_iter().map(|row| row.entry).filter(|entry| *entry != one);
    assert_eq!(added.collect::<Vec<_>>(), more, "a batch is one piece of one stream, in order");
}

/// Who called in the name of the actor is in the audit rows of the change, and in no history.
pub async fn through_whom_was_acted_is_in_the_audit_log_only(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.register(1..=1).await;
    for mut request in [samples::open(1), samples::verify(1, true), samples::decide(1, true)] {
        request.act.through = Some(samples::system());
        let change = driver.change(&request).await;
        assert_eq!(change.audit.act, request.act);
        assert_eq!(driver.commit(&change).await, Committed::Moved);
        assert_eq!(audit_rows::count(&stores, &change.audit).await, 1);
        let history = driver.timeline(case_id(1)).await.history;
        let newest = history.last().expect("the case has a history");
        assert_eq!(newest.act, request.act.without_through());
    }
    let rows = audit_rows::rows(&stores).await;
    let through = rows.iter().filter(|row| row.entry.act.through == Some(samples::system()));
    assert_eq!(through.count(), 3, "opened, verified, passed");
}

/// A claim, an outcome and a sweeper's transition have one row each; a late outcome has none.
pub async fn claims_and_outcomes_have_one_row_fenced_out_ones_none(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.passed(1..=2).await;
    let wish = claim(1, 10, at(200));
    let planned = [driver.effect(1).await, driver.effect(2).await];
    let claimed = driver.claim(&wish).await;
    assert_eq!(driver.claim(&wish).await, []);
    for effect in &planned {
        let change: EffectChange = wish.change(effect).expect("a planned effect is claimed");
        assert_eq!(change.audit.act.correlation, samples::decide(1, true).act.correlation);
        assert_eq!(audit_rows::count(&stores, &change.audit).await, 1);
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

/// Every action that the product records.
const ACTIONS: [Action; 10] = [
    Action::MEMBER_REGISTERED,
    Action::CASE_OPENED,
    Action::CASE_MOVED,
    Action::QR_REISSUED,
    Action::CONTRADICTION_REFUSED,
    Action::EFFECT_PLANNED,
    Action::EFFECT_MOVED,
    Action::CONTEXT_LOOKED_UP,
    Action::ACCOUNT_LOOKED_UP,
    Action::CALLER_LOOKED_UP,
];

fn odd(action: Action, subject: Subject) -> AuditEntry {
    let by = ActorRef::new("https://idp.example/客", "Agent \"7\" 客服 🦀", ActorKind::Human);
    let at = at(0) + SignedDuration::from_micros(999_999);
    let act = samples::act("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", by, at);
    AuditEntry::new(action, subject, "détail 'quoted' 100% \\ _", &act)
}

/// Every action, subject, kind of actor and unusual character reads back unchanged.
pub async fn rows_read_back_as_they_were_written(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    let strange = MemberId::parse("客's \"100%\" \\ _").expect("the id parses");
    let member = Member { id: strange.clone(), ..member(1) };
    let audit = odd(Action::MEMBER_REGISTERED, strange.subject());
    let wish = Change { audit: audit.clone(), ..samples::registration(member) };
    let answer = stores.members.commit(&[wish]).await;
    assert_eq!(answer, Ok(vec![Committed::Moved]));

    let mut expected = vec![audit];
    for action in ACTIONS {
        let plain = samples::act("plain", samples::system(), at(0));
        let plain = AuditEntry::new(action.clone(), samples::member_id(7).subject(), "", &plain);
        let mut through = odd(action.clone(), case_id(7).subject());
        let back_office = ActorRef::new("https://idp.example/客", "b'o", ActorKind::System);
        through.act.through = Some(back_office);
        for audit in [odd(action.clone(), case_id(7).subject()), plain, through] {
            let change = Change::new(Write::Nothing, audit.clone());
            assert_eq!(driver.commit(&change).await, Committed::Moved);
            expected.push(audit);
        }
    }
    for entry in &expected {
        assert_eq!(audit_rows::count(&stores, entry).await, 1, "{entry:?}");
    }
    assert_eq!(audit_rows::rows(&stores).await.len(), expected.len());
}
