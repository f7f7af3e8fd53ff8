//! Notices: a kind of effect that exists only in these checks.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use madoguchi_application::{
    Delivery, EffectRegistry, EffectWorker, PlannedSignal, Sweeper, SweeperSettings, UpgradeStores,
    WorkerSettings,
};
use madoguchi_domain::act::Act;
use madoguchi_domain::audit::{Action, AuditEntry, Subject};
use madoguchi_domain::breaker::BreakerSettings;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::consequence::Consequence;
use madoguchi_domain::effect::{
    Claim, Effect, EffectId, EffectKey, EffectKind, EffectOrder, EffectPolicy, EffectStateName,
    OnUnknown, Ordering, OrderingKey, Outcome, UpstreamId, WorkerId,
};
use madoguchi_domain::field::InvalidField;
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::member::MemberId;
use madoguchi_domain::payload::Payload;
use madoguchi_domain::port::{Clock, Recorded};
use madoguchi_domain::upgrade::Write;
use uuid::Uuid;

use crate::contract::audit_rows;
use crate::fake::clock::ManualClock;
use crate::fake::ids::SeededIds;
use crate::samples::{self, at, claim, member_id, worker};

const NOTICE: EffectKind = EffectKind::of("Notice");
/// The newest payload version that the delivery supports.
const VERSION: i32 = 7;

/// Delivers notices with scripted outcomes. A delivered notice gives its member a level, because a
/// store knows that consequence already.
pub(super) struct NoticeDelivery {
    pub(super) policy: EffectPolicy,
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

    fn call_lasts(&self) -> SignedDuration {
        SignedDuration::from_secs(10)
    }

    fn supports(&self, order: &EffectOrder) -> bool {
        order.payload.version <= VERSION
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
        Ok(Some(Consequence::LevelConfirmed { member, level, manually: false }))
    }
}

/// A worker and a sweeper of notices over the stores under test.
pub(super) struct Notices {
    stores: UpgradeStores,
    clock: ManualClock,
    pub(super) delivery: Arc<NoticeDelivery>,
}

impl Notices {
    pub(super) fn over(stores: &UpgradeStores) -> Self {
        Self::with(stores, OnUnknown::Manual)
    }

    pub(super) fn with(stores: &UpgradeStores, on_unknown: OnUnknown) -> Self {
        let clock = ManualClock::default();
        clock.set(at(200));
        let policy = EffectPolicy {
            on_unknown,
            give_up_after: Some(SignedDuration::from_hours(1)),
            ..EffectPolicy::standard()
        };
        let delivery = Arc::new(NoticeDelivery { policy, outcomes: Mutex::default() });
        Self { stores: stores.clone(), clock, delivery }
    }

    pub(super) fn script(&self, number: u32, outcomes: impl IntoIterator<Item = Outcome>) {
        let mut all = self.delivery.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(id(number)).or_default().extend(outcomes);
    }

    /// Plans effects in a change that writes nothing else.
    pub(super) async fn plan(&self, effects: Vec<Effect>) -> Committed {
        let subject = Subject::new("notices", "1");
        let audit = AuditEntry::new(Action::of("notices.planned"), subject, "", &planner());
        let change = Change { effects, ..Change::new(Write::Nothing, audit) };
        self.stores.upgrades.commit(&[change]).await.expect("effects are planned")[0]
    }

    pub(super) async fn step(&self) -> usize {
        let worker = EffectWorker {
            effects: Arc::clone(&self.stores.platform.effects),
            delivery: Arc::clone(&self.delivery) as Arc<dyn Delivery>,
            clock: Arc::new(self.clock.clone()),
            ids: Arc::new(SeededIds::new(1)),
            planned: PlannedSignal::default(),
            settings: WorkerSettings {
                id: worker(1),
                calls: 16,
                poll: Duration::from_secs(1),
                breaker: BreakerSettings::steady(100, SignedDuration::from_secs(30)),
            },
        };
        worker.step().await
    }

    pub(super) async fn sweep(&self) -> usize {
        let sweeper = Sweeper {
            effects: Arc::clone(&self.stores.platform.effects),
            registry: EffectRegistry::default().with(Arc::clone(&self.delivery) as _),
            clock: Arc::new(self.clock.clone()),
            ids: Arc::new(SeededIds::new(2)),
            planned: PlannedSignal::default(),
            settings: SweeperSettings {
                id: WorkerId("sweeper".into()),
                every: Duration::from_secs(1),
                missing_every: Duration::from_secs(600),
            },
        };
        sweeper.sweep().await.expect("effects are swept")
    }

    pub(super) async fn claim(&self, limit: u32) -> Vec<Effect> {
        let claim = Claim {
            kind: NOTICE,
            policy: self.delivery.policy,
            ..claim(1, limit, self.clock.now())
        };
        self.stores.platform.effects.claim(&claim).await.expect("effects are claimed")
    }

    /// Records the outcome of a claimed notice, `second` seconds after the start.
    pub(super) async fn answer(&self, effect: &Effect, outcome: Outcome, second: i64) {
        let change = samples::answered_of(effect, outcome, at(second));
        let recorded = self.stores.platform.effects.record(&[change]).await;
        assert_eq!(recorded, Ok(vec![Recorded::Written]));
    }

    pub(super) fn wait(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    /// The states of each notice, by the audit log. Every row must carry the planner's request.
    pub(super) async fn moves(&self) -> BTreeMap<String, Vec<String>> {
        let mut moves: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut rows: Vec<_> = audit_rows::rows(&self.stores).await;
        rows.retain(|row| row.entry.subject.kind() == "notice");
        rows.sort_by_key(|row| row.entry.act.at());
        for row in rows {
            assert_eq!(row.entry.action, Action::EFFECT_MOVED);
            assert_eq!(row.entry.act.correlation, planner().correlation);
            let id = row.entry.subject.id().to_owned();
            moves.entry(id).or_default().push(row.entry.detail.into_owned());
        }
        moves
    }

    pub(super) async fn moves_of(&self, number: u32) -> Vec<String> {
        self.moves().await.remove(&number.to_string()).unwrap_or_default()
    }
}

pub(super) fn planner() -> Act {
    samples::act("planner", samples::system(), at(200))
}

pub(super) fn id(number: u32) -> EffectId {
    EffectId(Uuid::from_u128(u128::from(number)))
}

/// The claimed ids, sorted.
pub(super) fn ids(claimed: &[Effect]) -> Vec<EffectId> {
    let mut ids: Vec<_> = claimed.iter().map(|effect| effect.order.key.id).collect();
    ids.sort_unstable();
    ids
}

/// Notice `number`, in the order of planning, about member 1.
pub(super) fn notice(number: u32, ordering: fn(OrderingKey) -> Ordering, key: &str) -> Effect {
    let order = EffectOrder {
        key: EffectKey { kind: NOTICE, id: id(number) },
        subject: Subject::new("notice", number.to_string()),
        ordering: ordering(OrderingKey::parse(key).expect("the key parses")),
        upstream_id: UpstreamId::parse(&format!("N{number}")).expect("the id parses"),
        payload: Payload::new(VERSION, [("memberId", member_id(1).expose()), ("level", "9Z")]),
    };
    let planned_at = planner().at() + SignedDuration::from_micros(i64::from(number));
    Effect { planned_at, ..Effect::planned(order, &planner()) }
}

pub(super) fn alone(number: u32) -> Effect {
    notice(number, Ordering::OneLive, &format!("key-{number}"))
}
