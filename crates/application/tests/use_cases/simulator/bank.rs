//! A bank with random behaviour (applies, loses answers, slow, late, invalid, down) and a journal.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use madoguchi_domain::Timestamp;
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::effect::{Doubt, EffectState, UpstreamCode, WhyNotSent};
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::member::ArrangementId;
use madoguchi_domain::port::{Clock, CoreBank};
use madoguchi_domain::upgrade::{
    APPLIED_CODE, Answer, CaseKey, LevelAnswer, Reply, SetLevel, TransactionId,
};

use super::chance::Chance;
use super::world::{Plant, World};

/// The final refusal code of this bank.
pub(crate) const FINAL: &str = "E-CLOSED";

/// An order that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) order: SetLevel,
    pub(crate) at: Timestamp,
    /// Whether it was applied, at once or later.
    pub(crate) applied: bool,
}

/// How the bank handles an order that arrived.
struct Mood {
    applies: bool,
    waits: Duration,
    answer: Answer,
}

#[derive(Debug)]
pub(crate) struct RandomBank {
    world: Arc<World>,
    chance: Chance,
    journal: Mutex<Vec<Arrival>>,
}

impl RandomBank {
    pub(crate) fn of(world: &Arc<World>) -> Self {
        let chance = Chance::of(world.seed, 2);
        Self { world: Arc::clone(world), chance, journal: Mutex::default() }
    }

    pub(crate) fn journal(&self) -> Vec<Arrival> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The level that an applied order has set.
    fn level_of(&self, arrangement: &ArrangementId) -> Option<AccountLevel> {
        let is_its = |it: &&Arrival| it.applied && it.order.arrangement == *arrangement;
        self.journal().iter().rfind(is_its).map(|it| it.order.level.clone())
    }

    /// Whether the bank has closed this account: then it never applies an order.
    fn is_closed(&self, order: &SetLevel) -> bool {
        let number = u64::from(order.case.to_bytes()[15]);
        Chance::of(self.world.seed, 1000 + number).percent(10)
    }

    fn mood(&self, order: &SetLevel) -> Mood {
        let waits = Duration::from_millis(self.chance.below(300));
        let honest = self.honest(order);
        if !self.world.is_stormy() {
            let applies = !self.is_closed(order);
            return Mood { applies, waits, answer: honest };
        }
        let obeys = self.chance.percent(60) && !self.is_closed(order);
        let lost = |doubt| Answer::Lost(doubt);
        let reply = |change: fn(&mut Reply)| {
            let mut reply = echo(order, APPLIED_CODE);
            change(&mut reply);
            Answer::Replied(reply)
        };
        let slow = self.chance.millis(20_000, 60_000);
        let (applies, waits, answer) = match self.chance.below(10) {
            0..=2 => (!self.is_closed(order), waits, honest),
            3 => (!self.is_closed(order), slow, honest),
            4 | 5 => (obeys, waits, lost(Doubt::ConnectionLost)),
            6 => (obeys, slow, lost(Doubt::TimedOut)),
            7 => (obeys, waits, reply(|reply| reply.status = 503)),
            8 => (obeys, waits, reply(|reply| reply.transaction_id = Some("T0".into()))),
            _ => (obeys, waits, reply(|reply| reply.codes.clear())),
        };
        Mood { applies, waits, answer }
    }

    fn honest(&self, order: &SetLevel) -> Answer {
        let code = if self.is_closed(order) { FINAL } else { APPLIED_CODE };
        Answer::Replied(echo(order, code))
    }

    /// Checks that the claim is durable before the first byte, and writes the journal.
    async fn receive(&self, order: &SetLevel, applied: bool) {
        let now = self.world.clock.now();
        let known = self.world.driver.load(CaseKey::Id(order.case)).await;
        let effect = known.and_then(|known| known.effect);
        let is_intended = effect.is_some_and(|effect| match effect.state {
            EffectState::Sending { lease_until, .. } => now < lease_until,
            EffectState::Planned { .. }
            | EffectState::Unknown { .. }
            | EffectState::Confirmed
            | EffectState::Rejected { .. }
            | EffectState::Cancelled { .. }
            | EffectState::Manual => false,
        });
        if !is_intended {
            self.world.accuse(format!("I4: {} was sent and not Sending", order.case));
        }
        let mut order = order.clone();
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        if self.world.plant == Plant::FreshIds {
            let fresh = TransactionId::parse(&format!("T{}", journal.len()));
            order.transaction_id = fresh.expect("a letter and digits are an id");
        }
        journal.push(Arrival { order, at: now, applied });
    }
}

#[async_trait]
impl CoreBank for RandomBank {
    async fn set_level(&self, order: &SetLevel, _: &CorrelationId) -> Answer {
        if self.world.is_stormy() && self.chance.percent(20) {
            self.world.tell(&format!("{} finds no bank", order.case));
            self.world.note(|verdict| verdict.faults += 1);
            return Answer::NotSent(WhyNotSent::NoConnection);
        }
        let Mood { applies, waits, answer } = self.mood(order);
        let what = format!("{} arrives, obeyed {applies}, in {waits:?} {answer:?}", order.case);
        self.world.tell(&what);
        self.receive(order, applies).await;
        if answer != self.honest(order) {
            self.world.note(|verdict| verdict.faults += 1);
        }
        tokio::time::sleep(waits).await;
        answer
    }

    async fn inquire(&self, arrangement: &ArrangementId, _: &CorrelationId) -> LevelAnswer {
        if self.world.seed.is_multiple_of(2) {
            return LevelAnswer::NotSupported;
        }
        let level = self.level_of(arrangement);
        let lost = self.world.is_stormy() && self.chance.percent(30);
        self.world.tell(&format!("an inquiry finds {level:?}, lost {lost}"));
        tokio::time::sleep(Duration::from_millis(self.chance.below(10_000))).await;
        if lost { LevelAnswer::Unanswered(Doubt::TimedOut) } else { LevelAnswer::Level(level) }
    }
}

fn echo(order: &SetLevel, code: &str) -> Reply {
    Reply {
        status: 200,
        codes: UpstreamCode::parse(code).into_iter().collect(),
        transaction_id: Some(order.transaction_id.as_str().to_owned()),
        arrangement: Some(order.arrangement.expose().to_owned()),
        level: Some(order.level.as_str().to_owned()),
    }
}
