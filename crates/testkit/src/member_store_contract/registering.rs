//! Checks that registering is idempotent and never confuses two members.

use madoguchi_application::Stores;
use madoguchi_domain::core_bank::Outcome;
use madoguchi_domain::member::{Account, Member};
use madoguchi_domain::port::{Recorded, Registered, Registration};

use crate::audit_rows;
use crate::race::race;
use crate::samples::{self, level, member, member_id, registration};
use crate::upgrade_driver::UpgradeDriver;

async fn register(stores: &Stores, members: &[Member]) -> Vec<Registered> {
    let wishes: Vec<Registration> = members.iter().cloned().map(registration).collect();
    let answers = stores.members.register(&wishes).await.expect("members are registered");
    assert_eq!(answers.len(), members.len(), "one answer for each member");
    answers
}

async fn find(stores: &Stores, number: u32) -> Option<Member> {
    stores.members.find(&member_id(number)).await.expect("members are read")
}

fn same(member: &Member) -> Registered {
    Registered::Same(Box::new(member.clone()))
}

/// The same data again is `Same`; any difference is `Different` and changes nothing.
pub async fn registering_is_new_then_same_then_different(stores: Stores) {
    let first = Member { registered: Some(level("0Z")), ..member(1) };
    assert_eq!(register(&stores, std::slice::from_ref(&first)).await, [Registered::New]);
    assert_eq!(register(&stores, std::slice::from_ref(&first)).await, [same(&first)]);

    let arrangement = samples::account(1).arrangement;
    let product = Account::parse(arrangement.expose(), Some("AC.OTHER")).expect("it parses");
    let others = [
        Member { account: product, ..first.clone() },
        Member { account: samples::account(2), ..first.clone() },
        Member { registered: None, ..first.clone() },
        Member { registered: Some(level("0z")), ..first.clone() },
    ];
    for other in others {
        assert_eq!(register(&stores, &[other]).await, [Registered::Different]);
    }
    assert_eq!(find(&stores, 1).await, Some(first.clone()));
    assert_eq!(audit_rows::count(&stores, &registration(first).audit).await, 1);
    assert_eq!(audit_rows::rows(&stores).await.len(), 1, "only what is new is recorded");
    assert_eq!(register(&stores, &[member(2)]).await, [Registered::New], "account 2 is free");
}

/// A member cannot be registered with another member's arrangement.
pub async fn an_arrangement_belongs_to_one_member(stores: Stores) {
    register(&stores, &[member(1)]).await;
    let thief = Member { account: samples::account(1), ..member(2) };
    assert_eq!(register(&stores, &[thief]).await, [Registered::Different]);
    assert_eq!((find(&stores, 1).await, find(&stores, 2).await), (Some(member(1)), None));
    assert_eq!(audit_rows::rows(&stores).await.len(), 1);
}

/// A registration sees the earlier ones of the same batch.
pub async fn a_batch_with_duplicates_inside_is_answered_in_order(stores: Stores) {
    register(&stores, &[member(1)]).await;
    let batch = [
        member(2),
        member(1),
        member(2),
        Member { account: samples::account(3), ..member(2) },
        Member { account: samples::account(2), ..member(3) },
        member(4),
        Member { account: samples::account(1), ..member(5) },
        member(4),
    ];
    let expected = [
        Registered::New,
        same(&member(1)),
        same(&member(2)),
        Registered::Different,
        Registered::Different,
        Registered::New,
        Registered::Different,
        same(&member(4)),
    ];
    assert_eq!(register(&stores, &batch).await, expected);
    for number in [1, 2, 4] {
        assert_eq!(find(&stores, number).await, Some(member(number)));
    }
    assert_eq!((find(&stores, 3).await, find(&stores, 5).await), (None, None));
    assert_eq!(audit_rows::rows(&stores).await.len(), 3, "one row for each new member");
}

/// A member registered again after an upgrade is `Same`, with its target or new level.
pub async fn same_is_the_member_as_it_stands_now(stores: Stores) {
    let driver = UpgradeDriver::at(&stores);
    driver.passed(1..=1).await;
    let waiting = Member { target: Some(level("1A")), ..member(1) };
    assert_eq!(register(&stores, &[member(1)]).await, [same(&waiting)]);

    let sent = driver.claim(&samples::claim(1, 1, samples::at(200))).await.remove(0);
    let applied = samples::answered(&sent, Outcome::Applied, samples::at(201));
    assert_eq!(driver.record(&applied).await, Recorded::Written);
    let raised = Member { confirmed: Some(level("1A")), ..member(1) };
    assert_eq!(register(&stores, &[member(1)]).await, [same(&raised)]);
    let with_level = Member { registered: Some(level("1A")), ..member(1) };
    assert_eq!(register(&stores, &[with_level]).await, [Registered::Different]);
}

/// A batch of 300 is registered completely, and is all `Same` when repeated.
pub async fn three_hundred_register_at_once(stores: Stores) {
    let all: Vec<Member> = (1..=300).map(member).collect();
    assert_eq!(register(&stores, &all).await, vec![Registered::New; 300]);
    assert_eq!(register(&stores, &all).await, all.iter().map(same).collect::<Vec<_>>());
    for number in 1..=300 {
        assert_eq!(find(&stores, number).await, Some(member(number)));
    }
    assert_eq!(audit_rows::rows(&stores).await.len(), 300);
}

/// Of twenty concurrent registrations of one member, one is `New` and the others are `Same`.
pub async fn of_twenty_raced_registrations_one_is_new(stores: Stores) {
    let runner = |_| {
        let stores = stores.clone();
        async move { register(&stores, &[member(1)]).await.remove(0) }
    };
    let answers = race((0..20).map(runner).collect()).await;
    let new = answers.iter().filter(|answer| **answer == Registered::New).count();
    let again = answers.iter().filter(|answer| **answer == same(&member(1))).count();
    assert_eq!((new, again), (1, 19));
    assert_eq!(audit_rows::rows(&stores).await.len(), 1);
}
