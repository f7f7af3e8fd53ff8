//! Tests upgrade and member services: what a caller reads of a case, its QR code and a member.

use std::sync::Arc;

use jiff::SignedDuration;
use madoguchi_application::{
    DecisionLane, GroupCommitSettings, MemberService, Opened, PlannedSignal, ServiceError,
    UpgradeService, UpgradeStores,
};
use madoguchi_domain::idempotency::ClientAct;
use madoguchi_domain::port::Clock;
use madoguchi_domain::registered::Registered;
use madoguchi_domain::upgrade::{CaseKey, CheckSource, EventName, Refusal, StateName};
use madoguchi_testkit::driver::upgrade::UpgradeDriver;
use madoguchi_testkit::fake::clock::ManualClock;
use madoguchi_testkit::fake::ids::SeededIds;
use madoguchi_testkit::fake::store::{FakeStore, Fault};
use madoguchi_testkit::samples;

fn service(stores: &UpgradeStores, clock: &ManualClock) -> UpgradeService {
    let (store, policy) = (Arc::clone(&stores.upgrades), Arc::new(samples::policy()));
    let planned = PlannedSignal::default();
    let settings = GroupCommitSettings::default();
    let replays = Arc::clone(&stores.platform.replays);
    let (lane, _) = DecisionLane::start(store, replays, Arc::clone(&policy), planned, settings);
    let (clock, ids) = (Arc::new(clock.clone()), Arc::new(SeededIds::new(1)));
    UpgradeService::new(lane, Arc::clone(&stores.upgrades), clock, ids, policy)
}

async fn open(service: &UpgradeService, clock: &ManualClock) -> Result<Opened, ServiceError> {
    let act = samples::act("c", samples::system(), clock.now());
    Ok(service.open(samples::member_id(1), act).await?.value)
}

#[tokio::test(start_paused = true)]
async fn a_case_passes_through_every_state() {
    let (stores, clock) = (FakeStore::new(samples::audit_key()).stores(), ManualClock::default());
    let service = service(&stores, &clock);
    UpgradeDriver::at(&stores).register(1..=1).await;
    let opened = open(&service, &clock).await.expect("a case is opened");
    let token = opened.qr.expect("a new case has a code");
    let check = (CheckSource::Edda, samples::reference(1));
    let scanned = CaseKey::Scanned(token.hash());
    service
        .verify(scanned, check, true, samples::act("v", samples::system(), clock.now()))
        .await
        .expect("verified");
    let id = opened.case.case;
    service
        .decide(CaseKey::Id(id), true, samples::act("d", samples::human(), clock.now()))
        .await
        .expect("decided");

    let view = service.case(id).await.expect("the case is read");
    assert_eq!(view.case.state.name(), StateName::CustomerSuccess);
    assert_eq!(view.snapshot.member.level(), None, "the core bank has not confirmed");
    assert_eq!(service.qr_token(&view.case), None);
    let past = service.timeline(id).await.expect("the past is read").history;
    let whys: Vec<_> = past.into_iter().map(|row| row.why).collect();
    assert_eq!(whys, [EventName::Opened, EventName::Verified, EventName::Passed]);
}

#[tokio::test(start_paused = true)]
async fn a_code_is_shown_again_until_it_lapses_and_then_replaced() {
    let (stores, clock) = (FakeStore::new(samples::audit_key()).stores(), ManualClock::default());
    let service = service(&stores, &clock);
    UpgradeDriver::at(&stores).register(1..=1).await;
    let first = open(&service, &clock).await.expect("a case is opened");
    clock.advance(SignedDuration::from_secs(599));
    let again = open(&service, &clock).await.expect("the case is found");
    assert_eq!((first.case.opened, again.case.opened), (true, false));
    assert_eq!(first.qr, again.qr);
    clock.advance(SignedDuration::from_secs(1));
    let view = service.case(again.case.case).await.expect("the case is read");
    assert_eq!(service.qr_token(&view.case), None);
    let fresh = open(&service, &clock).await.expect("the code is replaced");
    assert_eq!((fresh.case.opened, fresh.case.case), (false, first.case.case));
    assert!(fresh.qr.is_some() && fresh.qr != first.qr);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_refused_as_such() {
    let (stores, clock) = (FakeStore::new(samples::audit_key()).stores(), ManualClock::default());
    let service = service(&stores, &clock);
    let no_case = Some(ServiceError::Refused(Refusal::CaseNotFound));
    assert_eq!(service.case(samples::case_id(9)).await.err(), no_case);
    assert_eq!(service.timeline(samples::case_id(9)).await.err(), no_case);
    assert_eq!(
        open(&service, &clock).await.err(),
        Some(ServiceError::Refused(Refusal::MemberNotFound))
    );
}

#[tokio::test(start_paused = true)]
async fn a_member_is_registered_once_and_never_with_other_data() {
    let fake = FakeStore::new(samples::audit_key());
    let stores = fake.stores();
    let service =
        MemberService::new(Arc::clone(&stores.members), Arc::clone(&stores.platform.replays));
    let member = samples::member(1);
    let act = samples::act("r", samples::system(), samples::start());
    let register = async |member| Ok(service.register(member, act.clone()).await?.value);
    assert_eq!(register(member.clone()).await, Ok(Registered::New));
    assert_eq!(register(member.clone()).await, Ok(Registered::Same(Box::new(member.clone()))));
    let mut other = member.clone();
    other.account = samples::account(2);
    assert_eq!(register(other).await, Ok(Registered::Different));
    assert_eq!(service.find(&member.id).await, Ok(Some(member.clone())));
    fake.set_down(true);
    assert_eq!(register(member.clone()).await, Err(ServiceError::Unavailable));
    assert_eq!(service.find(&member.id).await, Err(ServiceError::Unavailable));
}

#[tokio::test(start_paused = true)]
async fn a_keyed_registration_is_answered_once() {
    let fake = FakeStore::new(samples::audit_key());
    let stores = fake.stores();
    let replays = Arc::clone(&stores.platform.replays);
    let service = MemberService::new(Arc::clone(&stores.members), replays);
    let act = samples::act("r", samples::system(), samples::start());
    let register = async |member, key| {
        let by = ClientAct { act: act.clone(), keyed: Some(key) };
        service.register(member, by).await.map(|it| (it.value, it.is_replayed))
    };
    let member = samples::member(1);
    for is_replayed in [false, true] {
        let key = if is_replayed { samples::keyed_again(1) } else { samples::keyed(1) };
        let answer = register(member.clone(), key).await;
        assert_eq!(answer, Ok((Registered::New, is_replayed)));
    }
    fake.fail_next(1, Fault::BeforeCommit);
    let broken = register(member.clone(), samples::keyed(2)).await;
    assert_eq!(broken, Err(ServiceError::Unavailable), "its answer was not stored");
    // Under another key it was registered before, which is stored too.
    for is_replayed in [false, true] {
        let same = Registered::Same(Box::new(member.clone()));
        let key = if is_replayed { samples::keyed_again(2) } else { samples::keyed(2) };
        let answer = register(member.clone(), key).await;
        assert_eq!(answer, Ok((same, is_replayed)));
    }
    let other = samples::keyed_as(1, "another body");
    assert_eq!(register(samples::member(2), other).await, Err(ServiceError::KeyReused));
    let mut different = member;
    different.account = samples::account(2);
    for _ in 0..2 {
        let answer = register(different.clone(), samples::keyed(3)).await;
        assert_eq!(answer, Ok((Registered::Different, false)), "a refusal is not stored");
    }
}
