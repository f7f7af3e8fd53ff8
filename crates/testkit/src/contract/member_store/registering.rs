//! Checks that registering is idempotent and never confuses two members.

use madoguchi_application::UpgradeStores;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::effect::Outcome;
use madoguchi_domain::member::{self, Account, Member, NewMember};
use madoguchi_domain::port::Recorded;
use madoguchi_domain::registered::Registered;

use crate::contract::audit_rows;
use crate::contract::race::race;
use crate::driver::upgrade::UpgradeDriver;
use crate::samples::{self, level, member, member_id, registration};

/// Registers a member like the application: read, decide, commit, and again if it was lost.
async fn register(stores: &UpgradeStores, wish: &Member) -> Registered<Member> {
    let act = samples::act("register", samples::system(), samples::start());
    loop {
        let arrangement = &wish.account.arrangement;
        let known = stores.members.with_id_or_arrangement(&wish.id, arrangement).await;
        let known = known.expect("members are read");
        let (change, answer) = member::register(&known, wish.clone(), &act);
        let Some(change) = change else { return answer };
        if commit(stores, &[change]).await == [Committed::Moved] {
            return answer;
        }
    }
}

async fn commit(stores: &UpgradeStores, changes: &[Change<NewMember>]) -> Vec<Committed> {
    let committed = stores.members.commit(changes).await.expect("members are registered");
    assert_eq!(committed.len(), changes.len(), "one answer for each member");
    committed
}

fn registrations(members: &[Member]) -> Vec<Change<NewMember>> {
    members.iter().cloned().map(registration).collect()
}

async fn find(stores: &UpgradeStores, number: u32) -> Option<Member> {
    stores.members.find(&member_id(number)).await.expect("members are read")
}

fn same(member: &Member) -> Registered<Member> {
    Registered::Same(Box::new(member.clone()))
}

/// The same data again is `Same`; any difference is `Different` and changes nothing.
pub async fn registering_is_new_then_same_then_different(stores: UpgradeStores) {
    let first = Member { registered: Some(level("0Z")), ..member(1) };
    assert_eq!(register(&stores, &first).await, Registered::New);
    assert_eq!(register(&stores, &first).await, same(&first));

    let arrangement = samples::account(1).arrangement;
    let product = Account::parse(arrangement.expose(), Some("AC.OTHER")).expect("it parses");
    let others = [
        Member { account: product, ..first.clone() },
        Member { account: samples::account(2), ..first.clone() },
        Member { registered: None, ..first.clone() },
        Member { registered: Some(level("0z")), ..first.clone() },
    ];
    for other in others {
        assert_eq!(register(&stores, &other).await, Registered::Different);
    }
    assert_eq!(find(&stores, 1).await, Some(first.clone()));
    assert_eq!(audit_rows::count(&stores, &registration(first).audit).await, 1);
    assert_eq!(audit_rows::rows(&stores).await.len(), 1, "only what is new is recorded");
    assert_eq!(register(&stores, &member(2)).await, Registered::New, "account 2 is free");
}

/// A member cannot be registered with another member's arrangement.
pub async fn an_arrangement_belongs_to_one_member(stores: UpgradeStores) {
    register(&stores, &member(1)).await;
    let thief = Member { account: samples::account(1), ..member(2) };
    assert_eq!(register(&stores, &thief).await, Registered::Different);
    assert_eq!(commit(&stores, &registrations(&[thief])).await, [Committed::Lost]);
    assert_eq!((find(&stores, 1).await, find(&stores, 2).await), (Some(member(1)), None));
    assert_eq!(audit_rows::rows(&stores).await.len(), 1);
}

/// A registration sees the earlier ones of the same batch; a lost one does not affect the others.
pub async fn a_batch_with_duplicates_inside_is_answered_in_order(stores: UpgradeStores) {
    register(&stores, &member(1)).await;
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
    let (moved, lost) = (Committed::Moved, Committed::Lost);
    let expected = [moved, lost, lost, lost, lost, moved, lost, lost];
    assert_eq!(commit(&stores, &registrations(&batch)).await, expected);
    for number in [1, 2, 4] {
        assert_eq!(find(&stores, number).await, Some(member(number)));
    }
    assert_eq!((find(&stores, 3).await, find(&stores, 5).await), (None, None));
    assert_eq!(audit_rows::rows(&stores).await.len(), 3, "one row for each new member");
}

/// A lookup by id and arrangement finds both members that a registration may conflict with.
pub async fn both_members_in_the_way_are_found(stores: UpgradeStores) {
    commit(&stores, &registrations(&[member(1), member(2), member(3)])).await;
    let look_up = async |number, account| {
        let arrangement = samples::account(account).arrangement;
        let found = stores.members.with_id_or_arrangement(&member_id(number), &arrangement).await;
        let mut found = found.expect("members are read");
        found.sort_by_key(|member| member.id.clone());
        found
    };
    assert_eq!(look_up(1, 1).await, [member(1)]);
    assert_eq!(look_up(1, 2).await, [member(1), member(2)]);
    assert_eq!(look_up(9, 3).await, [member(3)]);
    assert_eq!(look_up(9, 9).await, []);
}

/// A member registered again after an upgrade is `Same`, with its target or new level.
pub async fn same_is_the_member_as_it_stands_now(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.passed(1..=1).await;
    let waiting = Member { target: Some(level("1A")), ..member(1) };
    assert_eq!(register(&stores, &member(1)).await, same(&waiting));

    let sent = driver.claim(&samples::claim(1, 1, samples::at(200))).await.remove(0);
    let applied = samples::answered(&sent, Outcome::Applied, samples::at(201));
    assert_eq!(driver.record(&applied).await, Recorded::Written);
    let raised = Member { confirmed: Some(level("1A")), ..member(1) };
    assert_eq!(register(&stores, &member(1)).await, same(&raised));
    let with_level = Member { registered: Some(level("1A")), ..member(1) };
    assert_eq!(register(&stores, &with_level).await, Registered::Different);
}

/// A batch of 300 is written completely, and completely lost when repeated.
pub async fn three_hundred_register_at_once(stores: UpgradeStores) {
    let all: Vec<Member> = (1..=300).map(member).collect();
    assert_eq!(commit(&stores, &registrations(&all)).await, vec![Committed::Moved; 300]);
    assert_eq!(commit(&stores, &registrations(&all)).await, vec![Committed::Lost; 300]);
    for number in 1..=300 {
        assert_eq!(find(&stores, number).await, Some(member(number)));
    }
    assert_eq!(audit_rows::rows(&stores).await.len(), 300);
}

/// Of twenty concurrent registrations of one member, one is `New` and the others are `Same`.
pub async fn of_twenty_raced_registrations_one_is_new(stores: UpgradeStores) {
    let runner = |_| {
        let stores = stores.clone();
        async move { register(&stores, &member(1)).await }
    };
    let answers = race((0..20).map(runner).collect()).await;
    let new = answers.iter().filter(|answer| **answer == Registered::New).count();
    let again = answers.iter().filter(|answer| **answer == same(&member(1))).count();
    assert_eq!((new, again), (1, 19));
    assert_eq!(audit_rows::rows(&stores).await.len(), 1);
}
