//! Tests the comparison of our levels with the bank's.

use std::num::NonZeroU32;
use std::sync::Arc;

use async_trait::async_trait;
use madoguchi_application::{ComparedMember, Reconciliation, UpgradeStores};
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::effect::{Doubt, Effect, Outcome, UpstreamCode};
use madoguchi_domain::member::{ArrangementId, Member, MemberId, NewMember};
use madoguchi_domain::port::{CoreBank, MemberStore, Recorded, StoreError};
use madoguchi_domain::upgrade::{LevelVerdict, SetLevel};
use madoguchi_testkit::driver::upgrade::UpgradeDriver;
use madoguchi_testkit::fake::core_bank::FakeCoreBank;
use madoguchi_testkit::fake::ids::SeededIds;
use madoguchi_testkit::fake::store::FakeStore;
use madoguchi_testkit::samples::{self, level, member};
use tokio::time::Instant;

fn reconciliation(stores: UpgradeStores, bank: &Arc<FakeCoreBank>) -> Reconciliation {
    let bank = Arc::clone(bank) as Arc<dyn CoreBank>;
    let per_second = NonZeroU32::new(10).expect("10 is not 0");
    Reconciliation::new(stores, bank, &SeededIds::new(1), per_second)
}

async fn all(mut reconciliation: Reconciliation) -> Vec<ComparedMember> {
    let mut all = Vec::new();
    loop {
        let page = reconciliation.next().await.expect("members are read");
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

#[tokio::test(start_paused = true)]
async fn each_member_is_compared_once_at_the_given_rate() {
    let fake = FakeStore::new(samples::audit_key());
    let registered: Vec<_> = (1..=250).map(|it| samples::registration(member(it))).collect();
    fake.commit(&registered).await.expect("members are registered");
    UpgradeDriver::at(&fake.stores()).passed(251..=252).await;
    let bank = Arc::new(FakeCoreBank::with_inquiries());
    let account = |number: u32| samples::account(number).arrangement;
    bank.set(&account(7), Some(level("1A")));
    bank.lose_inquiries(&account(9), [Doubt::Status]);
    bank.set(&account(251), Some(level("1A")));
    // The bank applied it although it was rejected here.
    bank.set(&account(252), Some(level("1A")));
    reject_order(&fake, 252).await;
    let began = Instant::now();
    let compared = all(reconciliation(fake.stores(), &bank)).await;
    assert!(began.elapsed().as_millis() >= 25_200, "ten inquiries per second");
    assert_eq!(bank.inquiries().len(), 252, "one inquiry for each member");
    assert!(compared.is_sorted_by_key(|one| &one.member.id));
    let odd = compared.iter().filter(|one| one.verdict != LevelVerdict::Agrees);
    let odd: Vec<_> = odd.map(|one| (one.member.id.expose(), one.verdict)).collect();
    let expected = [
        ("MEM0007", LevelVerdict::Differs),
        ("MEM0009", LevelVerdict::NotAnswered),
        ("MEM0251", LevelVerdict::InProgress),
        ("MEM0252", LevelVerdict::Differs),
    ];
    assert_eq!(odd, expected);
}

/// The bank refuses the order of this member's case.
async fn reject_order(fake: &FakeStore, number: u32) {
    let effects = fake.stores().platform.effects;
    let claimed = effects.claim(&samples::claim(1, 9, samples::at(300))).await;
    let claimed = claimed.expect("orders are claimed");
    let is_its = |it: &&Effect| {
        SetLevel::parse(&it.order).is_ok_and(|order| order.member == member(number).id)
    };
    let order = claimed.iter().find(is_its).expect("its order is claimed");
    let refused = Outcome::Refused(UpstreamCode::parse("E-CLOSED").expect("it is a code"));
    let change = samples::answered(order, refused, samples::at(400));
    assert_eq!(effects.record(&[change]).await, Ok(vec![Recorded::Written]));
}

/// A store whose pages are older than its members.
struct StalePages(Member, FakeStore);

#[async_trait]
impl MemberStore for StalePages {
    async fn find(&self, id: &MemberId) -> Result<Option<Member>, StoreError> {
        self.1.find(id).await
    }

    async fn with_id_or_arrangement(
        &self,
        id: &MemberId,
        arrangement: &ArrangementId,
    ) -> Result<Vec<Member>, StoreError> {
        self.1.with_id_or_arrangement(id, arrangement).await
    }

    async fn page(&self, after: Option<MemberId>, _: u32) -> Result<Vec<Member>, StoreError> {
        Ok(if after.is_none() { vec![self.0.clone()] } else { Vec::new() })
    }

    async fn commit(&self, changes: &[Change<NewMember>]) -> Result<Vec<Committed>, StoreError> {
        self.1.commit(changes).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_member_that_changed_meanwhile_is_asked_about_again() {
    let fake = FakeStore::new(samples::audit_key());
    let now = Member { registered: Some(level("1A")), ..member(1) };
    fake.commit(&[samples::registration(now.clone())]).await.expect("it is registered");
    let bank = Arc::new(FakeCoreBank::with_inquiries());
    bank.set(&now.account.arrangement, Some(level("1A")));
    let stores = fake.stores();
    let stores = UpgradeStores { members: Arc::new(StalePages(member(1), fake)), ..stores };
    let compared = all(reconciliation(stores, &bank)).await;
    let found: Vec<_> = compared.into_iter().map(|one| (one.member, one.verdict)).collect();
    assert_eq!(found, [(now, LevelVerdict::Agrees)]);
    assert_eq!(bank.inquiries().len(), 2);
}
