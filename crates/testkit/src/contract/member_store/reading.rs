//! Checks that a member reads back exactly as it was registered.

use madoguchi_application::UpgradeStores;
use madoguchi_domain::change::Committed;
use madoguchi_domain::member::{Account, ArrangementId, Member, MemberId};

use crate::samples::{self, level, member, registration};

/// A member with this id and account `number`.
fn called(id: &str, number: u32) -> Member {
    Member { id: MemberId::parse(id).expect("the id parses"), ..member(number) }
}

async fn register_and_find(stores: &UpgradeStores, members: Vec<Member>) {
    let wishes: Vec<_> = members.iter().cloned().map(registration).collect();
    let committed = stores.members.commit(&wishes).await.expect("members are registered");
    assert_eq!(committed, vec![Committed::Moved; members.len()]);
    for member in members {
        let found = stores.members.find(&member.id).await.expect("members are read");
        assert_eq!(found.as_ref().map(|it| it.id.expose()), Some(member.id.expose()));
        assert_eq!(found, Some(member));
    }
}

/// An id that was not registered is not found.
pub async fn an_unknown_member_is_none(stores: UpgradeStores) {
    let nobody = stores.members.find(&samples::member_id(1)).await;
    assert_eq!(nobody, Ok(None));
    register_and_find(&stores, vec![member(1)]).await;
    assert_eq!(stores.members.find(&samples::member_id(2)).await, Ok(None));
}

/// Ids in any script, with quotes or wildcards, and maximum lengths are stored unchanged.
pub async fn odd_characters_survive(stores: UpgradeStores) {
    let longest = Account::parse(&"Z".repeat(36), Some(&"~".repeat(64))).expect("it parses");
    let quoted = Account::parse("0", Some("A'\"`%_\\;--{}$1?")).expect("it parses");
    let members = vec![
        called("客戶一號", 1),
        called("O'Brien \"the\" `quoted`", 2),
        called("100%_\\;--", 3),
        called("  spaces around  ", 4),
        called("é e\u{301} 🦀 \u{200d} \u{feff}", 5),
        called("{\"$ne\":null},(NULL)", 6),
        Member { account: longest, ..called(&"客".repeat(64), 7) },
        Member { account: quoted, registered: Some(level("aZ09aZ09")), ..called("null", 8) },
    ];
    register_and_find(&stores, members).await;
}

/// Ids that differ in case, spaces, wildcards or Unicode form are different ids.
pub async fn ids_that_look_alike_are_different_members(stores: UpgradeStores) {
    let ids = ["m1", "M1", "m1 ", " m1", "m_", "m%", "é", "e\u{301}", "1", "01", "1.0"];
    let members = (1..).zip(ids).map(|(number, id)| called(id, number)).collect();
    register_and_find(&stores, members).await;
    let other = MemberId::parse("mm").expect("the id parses");
    assert_eq!(stores.members.find(&other).await, Ok(None), "a wildcard finds nobody");
}

/// All members, read in pages of this size.
async fn paged(stores: &UpgradeStores, limit: u32) -> Vec<Member> {
    let mut all: Vec<Member> = Vec::new();
    loop {
        let after = all.last().map(|last| last.id.clone());
        let page = stores.members.page(after, limit).await.expect("members are read");
        assert!(page.len() <= limit as usize, "a page has at most {limit}");
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// Pages of any size have the same members in the same order; a page may begin after an id that is
/// not stored.
pub async fn pages_have_each_member_once_and_no_other(stores: UpgradeStores) {
    assert_eq!(paged(&stores, 10).await, []);
    let odd =
        ["m1", "M1", "m1 ", " m1", "m_", "m%", "é", "e\u{301}", "客戶", "🦀", "\u{200d}", "01"];
    let members: Vec<_> = (1..).zip(odd).map(|(number, id)| called(id, number)).collect();
    register_and_find(&stores, members.clone()).await;
    let all = paged(&stores, 100).await;
    let by_account = |members: &[Member]| {
        let mut members = members.to_vec();
        let account = |it: &Member| ArrangementId::expose(&it.account.arrangement).to_owned();
        members.sort_by_key(account);
        members
    };
    assert_eq!(by_account(&all), by_account(&members));
    for limit in [1, 5, 12] {
        assert_eq!(paged(&stores, limit).await, all);
    }
    let last = all.last().map(|last| format!("{}z", last.id.expose())).expect("there are members");
    let after = MemberId::parse(&last).expect("the id parses");
    assert_eq!(stores.members.page(Some(after), 1).await, Ok(Vec::new()));
}
