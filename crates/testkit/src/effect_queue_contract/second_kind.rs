//! Checks that a second kind of effect, which exists only here, goes through planning, claims,
//! withdrawal, doubt, setting aside and consequences with the same worker, sweeper and store.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use madoguchi_application::{
    Delivery, EffectRegistry, EffectWorker, Sweeper, SweeperSettings, UpgradeStores, WorkerSettings,
};
use madoguchi_domain::audit::{Action, AuditEntry, Subject};
use madoguchi_domain::breaker::BreakerSettings;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::consequence::Consequence;
use madoguchi_domain::effect::{
    CancelReason, Claim, Doubt, Effect, EffectId, EffectKey, EffectKind, EffectOrder, EffectPolicy,
    EffectStateName, Jitter, OnUnknown, Ordering, OrderingKey, Outcome, Payload, UpstreamCode,
    UpstreamId, WhyNotSent, WorkerId,
};
use madoguchi_domain::field::InvalidField;
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::member::MemberId;
use madoguchi_domain::port::{EffectChange, Recorded};
use madoguchi_domain::upgrade::Write;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::clock::ManualClock;
use crate::ids::SeededIds;
use crate::samples::{self, at, level, member_id, worker};
use crate::upgrade_driver::UpgradeDriver;
use crate::{audit_rows, samples::claim};

const NOTICE: EffectKind = EffectKind::of("Notice");

/// Delivers notices with scripted outcomes. A delivered notice gives its member a level, because a
/// store knows that consequence already.
struct NoticeDelivery {
    policy: EffectPolicy,
    outcomes: Mutex<HashMap<EffectId, VecDeque<Outcome>>>,
}

#[async_trait]
impl Delivery for NoticeDelivery {
    fn kind(&self) -> EffectKind {
        NOTICE
    }

    fn policy(&self) -> &EffectPolicy {
        &self.policy
    }

    async fn deliver(&self, effect: &Effect) -> Outcome {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        let next = outcomes.get_mut(&effect.order.key.id).and_then(VecDeque::pop_front);
        next.unwrap_or(Outcome::Applied)
    }

    fn consequence(&self, after: &Effect) -> Result<Option<Consequence>, InvalidField> {
        if after.state.name() != EffectStateName::Confirmed {
            return Ok(None);
        }
        let member = MemberId::parse(after.order.payload.get("memberId")?)?;
        let level = AccountLevel::parse(after.order.payload.get("level")?)?;
        Ok(Some(Consequence::LevelConfirmed { member, level }))
    }
}

/// A worker and a sweeper of notices over the stores under test.
struct Notices {
    stores: UpgradeStores,
    clock: ManualClock,
    delivery: Arc<NoticeDelivery>,
}

impl Notices {
    fn over(stores: &UpgradeStores) -> Self {
        let clock = ManualClock::default();
        clock.set(at(200));
        let policy = EffectPolicy {
            on_unknown: OnUnknown::Manual,
            give_up_after: Some(SignedDuration::from_hours(1)),
            ..EffectPolicy::standard()
        };
        let delivery = Arc::new(NoticeDelivery { policy, outcomes: Mutex::default() });
        Self { stores: stores.clone(), clock, delivery }
    }

    fn script(&self, number: u32, outcomes: impl IntoIterator<Item = Outcome>) {
        let mut all = self.delivery.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(id(number)).or_default().extend(outcomes);
    }

    /// Plans effects in a change that writes nothing else.
    async fn plan(&self, effects: Vec<Effect>) -> Committed {
        let subject = Subject::new("notices", "1");
        let audit = AuditEntry::new(Action::of("notices.planned"), subject, "", &planner());
        let change = Change { write: Write::Nothing, effects, audit };
        self.stores.upgrades.commit(&[change]).await.expect("effects are planned")[0]
    }

    async fn step(&self) -> usize {
        let worker = EffectWorker {
            effects: Arc::clone(&self.stores.platform.effects),
            delivery: Arc::clone(&self.delivery) as Arc<dyn Delivery>,
            clock: Arc::new(self.clock.clone()),
            ids: Arc::new(SeededIds::new(1)),
            planned: Arc::new(Notify::new()),
            settings: WorkerSettings {
                id: worker(1),
                calls: 16,
                poll: Duration::from_secs(1),
                call_lasts: SignedDuration::from_secs(10),
                breaker: BreakerSettings::steady(100, SignedDuration::from_secs(30)),
            },
        };
        worker.step().await
    }

    async fn sweep(&self) -> usize {
        let sweeper = Sweeper {
            effects: Arc::clone(&self.stores.platform.effects),
            registry: EffectRegistry::default().with(Arc::clone(&self.delivery) as _),
            clock: Arc::new(self.clock.clone()),
            ids: Arc::new(SeededIds::new(2)),
            planned: Arc::new(Notify::new()),
            settings: SweeperSettings {
                id: WorkerId("sweeper".into()),
                every: Duration::from_secs(1),
                missing_every: Duration::from_secs(600),
            },
        };
        sweeper.sweep().await.expect("effects are swept")
    }

    async fn claim(&self, limit: u32) -> Vec<Effect> {
        let claim = Claim {
            kind: NOTICE,
            policy: self.delivery.policy,
            ..claim(1, limit, madoguchi_domain::port::Clock::now(&self.clock))
        };
        self.stores.platform.effects.claim(&claim).await.expect("effects are claimed")
    }

    fn wait(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    /// The states of each notice, by the audit log. Every row must carry the planner's request.
    async fn moves(&self) -> BTreeMap<String, Vec<String>> {
        let mut moves: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut rows: Vec<_> = audit_rows::rows(&self.stores).await;
        rows.retain(|row| row.entry.subject.kind() == "notice");
        rows.sort_by_key(|row| row.entry.act.at);
        for row in rows {
            assert_eq!(row.entry.action, Action::EFFECT_MOVED);
            assert_eq!(row.entry.act.correlation, planner().correlation);
            let id = row.entry.subject.id().to_owned();
            moves.entry(id).or_default().push(row.entry.detail.into_owned());
        }
        moves
    }

    async fn moves_of(&self, number: u32) -> Vec<String> {
        self.moves().await.remove(&number.to_string()).unwrap_or_default()
    }
}

fn planner() -> madoguchi_domain::act::Act {
    samples::act("planner", samples::system(), at(200))
}

fn id(number: u32) -> EffectId {
    EffectId(Uuid::from_u128(u128::from(number)))
}

/// Notice `number`, in the order of planning, about member 1.
fn notice(number: u32, ordering: fn(OrderingKey) -> Ordering, key: &str) -> Effect {
    let order = EffectOrder {
        key: EffectKey { kind: NOTICE, id: id(number) },
        subject: Subject::new("notice", number.to_string()),
        ordering: ordering(OrderingKey::parse(key).expect("the key parses")),
        upstream_id: UpstreamId::parse(&format!("N{number}")).expect("the id parses"),
        payload: Payload::new(7, [("memberId", member_id(1).expose()), ("level", "9Z")]),
    };
    let mut act = planner();
    act.at += SignedDuration::from_micros(i64::from(number));
    Effect { planned_at: act.at, ..Effect::planned(order, &planner()) }
}

fn alone(number: u32) -> Effect {
    notice(number, Ordering::OneLive, &format!("key-{number}"))
}

/// Every way of a notice, up to its end.
pub async fn a_second_kind_needs_no_other_store(stores: UpgradeStores) {
    let (driver, notices) = (UpgradeDriver::at(&stores), Notices::over(&stores));
    driver.passed(1..=1).await;
    let mut effects: Vec<Effect> = (1..=6).map(alone).collect();
    effects[5].order.payload = Payload::new(7, []);
    assert_eq!(notices.plan(effects).await, Committed::Moved);
    let not_sent = || Outcome::NotSent(WhyNotSent::NoConnection);
    notices.script(2, [Outcome::Withdrawn(CancelReason::of("answered"))]);
    notices.script(3, [Outcome::Unknown(Doubt::ConnectionLost)]);
    notices.script(4, [not_sent(), not_sent()]);
    notices.script(5, [Outcome::NotSent(WhyNotSent::NotEncodable)]);

    assert_eq!(notices.step().await, 6);
    assert_eq!(driver.newest(1).await.member.level(), Some(&level("9Z")), "the consequence");
    notices.wait(3601);
    assert_eq!((notices.sweep().await, notices.step().await), (1, 1));
    assert_eq!((notices.sweep().await, notices.step().await), (0, 0));
    let expected: [(&str, &[&str]); 6] = [
        ("1", &["Sending", "Confirmed"]),
        ("2", &["Sending", "Cancelled"]),
        ("3", &["Sending", "Unknown", "Manual"]),
        ("4", &["Sending", "Planned", "Sending", "Rejected"]),
        ("5", &["Sending", "Manual"]),
        // It was delivered, and its payload does not say whose level it is.
        ("6", &["Sending", "Manual"]),
    ];
    for (number, moves) in expected {
        let moved = notices.moves().await.remove(number).unwrap_or_default();
        let mut sorted = (moved.clone(), moves.to_vec());
        // Rows of one moment may be in different streams.
        (sorted.0.sort(), sorted.1.sort_unstable());
        assert_eq!(sorted.0, sorted.1, "notice {number}: {moved:?}");
    }
    let orders = driver.claim(&claim(1, 10, at(200))).await;
    assert_eq!(orders.len(), 1, "a claim of one kind takes no other");
}

/// A lease that lapsed leaves doubt, and the late answer of its worker is proof.
pub async fn a_second_kind_lapses_and_is_proven_late(stores: UpgradeStores) {
    let (driver, notices) = (UpgradeDriver::at(&stores), Notices::over(&stores));
    driver.register(1..=1).await;
    assert_eq!(notices.plan(vec![alone(1)]).await, Committed::Moved);
    let slow = notices.claim(10).await.remove(0);
    notices.wait(31);
    assert_eq!((notices.step().await, notices.sweep().await), (0, 1));
    let late = samples::answered_of(&slow, Outcome::Applied, at(232));
    assert_eq!(driver.record(&late).await, Recorded::FencedOut);
    assert_eq!(driver.newest(1).await.member.level(), None, "fenced out: no consequence");
    notices.wait(2);
    assert_eq!(notices.sweep().await, 1);
    assert_eq!(notices.moves_of(1).await, ["Sending", "Unknown", "Confirmed"]);
    assert_eq!(driver.newest(1).await.member.level(), Some(&level("9Z")));
}

/// Effects of one queue are sent one at a time, in the order of their planning; one that is not
/// settled holds back those behind it, and no other queue.
pub async fn effects_of_a_queue_are_sent_one_at_a_time(stores: UpgradeStores) {
    let notices = Notices::over(&stores);
    let queued = |number, key| notice(number, Ordering::Queue, key);
    let effects = vec![queued(3, "a"), queued(1, "a"), queued(2, "a"), queued(4, "b")];
    assert_eq!(notices.plan(effects).await, Committed::Moved, "a queue holds more than one");
    let ids = |claimed: Vec<Effect>| {
        let mut ids: Vec<_> = claimed.iter().map(|effect| effect.order.key.id).collect();
        ids.sort_unstable();
        ids
    };
    let first = notices.claim(10).await;
    assert_eq!(ids(first.clone()), [id(1), id(4)]);
    assert_eq!(notices.claim(10).await, []);
    let refused = Outcome::Refused(UpstreamCode::parse("E").expect("the code parses"));
    for effect in first.iter().filter(|effect| effect.order.key.id == id(1)) {
        let settled = samples::answered_of(effect, refused.clone(), at(201));
        let recorded = stores.platform.effects.record(&[settled]).await;
        assert_eq!(recorded, Ok(vec![Recorded::Written]));
    }
    assert_eq!(ids(notices.claim(10).await), [id(2)], "the next in its queue");
}

/// A key has one unsettled effect of a kind; an upstream id serves one effect; a change with an
/// effect that cannot be planned writes nothing.
pub async fn an_effect_that_cannot_be_planned_loses_its_change(stores: UpgradeStores) {
    let notices = Notices::over(&stores);
    assert_eq!(notices.plan(vec![alone(1)]).await, Committed::Moved);
    let rows = audit_rows::rows(&stores).await.len();
    let same_key = notice(2, Ordering::OneLive, "key-1");
    let mut same_upstream_id = alone(3);
    same_upstream_id.order.upstream_id = alone(1).order.upstream_id;
    for effect in [alone(1), same_key.clone(), same_upstream_id] {
        assert_eq!(notices.plan(vec![alone(9), effect]).await, Committed::Lost);
    }
    assert_eq!(audit_rows::rows(&stores).await.len(), rows);
    assert_eq!(notices.step().await, 1, "notice 9 was not planned");
    assert_eq!(notices.plan(vec![same_key]).await, Committed::Moved, "the first is settled");
}

/// A transition plans the effects that follow from it, and a fenced-out one plans none.
pub async fn a_transition_plans_what_follows(stores: UpgradeStores) {
    let notices = Notices::over(&stores);
    assert_eq!(notices.plan(vec![alone(1)]).await, Committed::Moved);
    let claimed = notices.claim(10).await.remove(0);
    let applied = samples::answered_of(&claimed, Outcome::Applied, at(201));
    let followed = EffectChange { effects: vec![alone(2)], ..applied.clone() };
    let again = EffectChange { effects: vec![alone(3)], ..applied };
    let record = async |change: EffectChange| {
        stores.platform.effects.record(&[change]).await.expect("outcomes are recorded")[0]
    };
    assert_eq!(record(followed).await, Recorded::Written);
    assert_eq!(record(again).await, Recorded::FencedOut);
    let next = notices.claim(10).await;
    assert_eq!(next.iter().map(|effect| effect.order.key.id).collect::<Vec<_>>(), [id(2)]);
    let expected = alone(2).change::<Consequence>(
        madoguchi_domain::effect::EffectEvent::Claimed(worker(1)),
        &notices.delivery.policy,
        &samples::act("round", samples::system(), at(200)),
        Jitter::FULL,
    );
    assert_eq!(Ok(&next[0]), expected.as_ref().map(|change| &change.write.after));
}
