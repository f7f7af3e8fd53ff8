//! A fake core bank: in memory, records every order, fails on request.
//!
//! ```
//! use madoguchi_domain::effect::Doubt;
//! use madoguchi_domain::port::CoreBank;
//! use madoguchi_domain::upgrade::Answer;
//! use madoguchi_testkit::contract::core_bank::order;
//! use madoguchi_testkit::fake::core_bank::{Behaviour, FakeCoreBank};
//! use madoguchi_testkit::samples;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let bank = FakeCoreBank::default();
//! let order = order("T1222222");
//! bank.script(&order.arrangement, [Behaviour::ApplyThenLose(Doubt::TimedOut)]);
//!
//! let request = samples::correlation("call-1");
//! assert_eq!(bank.set_level(&order, &request).await, Answer::Lost(Doubt::TimedOut));
//! assert_eq!(bank.applied(), [order.clone()]); // and yet it was done
//! assert_eq!(bank.level_of(&order.arrangement), Some(order.level));
//! # }
//! ```

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::effect::{Doubt, UpstreamCode, WhyNotSent};
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::member::ArrangementId;
use madoguchi_domain::port::CoreBank;
use madoguchi_domain::upgrade::{APPLIED_CODE, Answer, LevelAnswer, Reply, SetLevel};

/// How the bank handles one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// Set the level and confirm it.
    Apply,
    /// Set the level; the answer is lost.
    ApplyThenLose(Doubt),
    /// Receive the order without applying it; the answer is lost.
    Lose(Doubt),
    /// Receive the order without applying it; answer with this code.
    Refuse(UpstreamCode),
    /// Receive the order without applying it; send exactly this reply.
    Reply(Reply),
    /// Unreachable: the order never arrives.
    Unreachable,
}

/// The fake bank. It applies every order without a scripted behaviour. The default one cannot be
/// asked for levels.
#[derive(Debug, Default)]
pub struct FakeCoreBank(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    scripts: HashMap<ArrangementId, VecDeque<Behaviour>>,
    orders: Vec<SetLevel>,
    applied: Vec<SetLevel>,
    levels: HashMap<ArrangementId, AccountLevel>,
    answers_inquiries: bool,
    doubts: HashMap<ArrangementId, VecDeque<Doubt>>,
    inquiries: Vec<ArrangementId>,
}

impl FakeCoreBank {
    /// A bank that can be asked for levels.
    #[must_use]
    pub fn with_inquiries() -> Self {
        Self(Mutex::new(Memory { answers_inquiries: true, ..Memory::default() }))
    }

    /// Makes the next inquiries about this arrangement learn nothing, one for each doubt.
    pub fn lose_inquiries(
        &self,
        arrangement: &ArrangementId,
        doubts: impl IntoIterator<Item = Doubt>,
    ) {
        self.memory().doubts.entry(arrangement.clone()).or_default().extend(doubts);
    }

    /// Sets a level without an order, as another system may.
    pub fn set(&self, arrangement: &ArrangementId, level: Option<AccountLevel>) {
        let mut memory = self.memory();
        match level {
            Some(level) => memory.levels.insert(arrangement.clone(), level),
            None => memory.levels.remove(arrangement),
        };
    }

    /// The arrangements of all inquiries, in order of arrival.
    #[must_use]
    pub fn inquiries(&self) -> Vec<ArrangementId> {
        self.memory().inquiries.clone()
    }

    /// Scripts the next orders for this arrangement, one behaviour each.
    pub fn script(
        &self,
        arrangement: &ArrangementId,
        behaviours: impl IntoIterator<Item = Behaviour>,
    ) {
        self.memory().scripts.entry(arrangement.clone()).or_default().extend(behaviours);
    }

    /// All orders that arrived, in order of arrival.
    #[must_use]
    pub fn orders(&self) -> Vec<SetLevel> {
        self.memory().orders.clone()
    }

    /// All orders that were applied, in order of application.
    #[must_use]
    pub fn applied(&self) -> Vec<SetLevel> {
        self.memory().applied.clone()
    }

    /// The level of this arrangement at the bank, if one was set.
    #[must_use]
    pub fn level_of(&self, arrangement: &ArrangementId) -> Option<AccountLevel> {
        self.memory().levels.get(arrangement).cloned()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl CoreBank for FakeCoreBank {
    async fn set_level(&self, order: &SetLevel, _: &CorrelationId) -> Answer {
        self.memory().take(order)
    }

    async fn inquire(&self, arrangement: &ArrangementId, _: &CorrelationId) -> LevelAnswer {
        self.memory().show(arrangement)
    }
}

impl Memory {
    fn take(&mut self, order: &SetLevel) -> Answer {
        let script = self.scripts.get_mut(&order.arrangement);
        let behaviour = script.and_then(VecDeque::pop_front).unwrap_or(Behaviour::Apply);
        if behaviour != Behaviour::Unreachable {
            self.orders.push(order.clone());
        }
        match behaviour {
            Behaviour::Unreachable => Answer::NotSent(WhyNotSent::NoConnection),
            Behaviour::Apply => {
                self.apply(order);
                Answer::Replied(Reply { codes: success(), ..echo(order) })
            }
            Behaviour::ApplyThenLose(doubt) => {
                self.apply(order);
                Answer::Lost(doubt)
            }
            Behaviour::Lose(doubt) => Answer::Lost(doubt),
            Behaviour::Refuse(code) => Answer::Replied(Reply { codes: vec![code], ..echo(order) }),
            Behaviour::Reply(reply) => Answer::Replied(reply),
        }
    }

    fn apply(&mut self, order: &SetLevel) {
        self.levels.insert(order.arrangement.clone(), order.level.clone());
        self.applied.push(order.clone());
    }

    fn show(&mut self, arrangement: &ArrangementId) -> LevelAnswer {
        if !self.answers_inquiries {
            return LevelAnswer::NotSupported;
        }
        self.inquiries.push(arrangement.clone());
        match self.doubts.get_mut(arrangement).and_then(VecDeque::pop_front) {
            Some(doubt) => LevelAnswer::Unanswered(doubt),
            None => LevelAnswer::Level(self.levels.get(arrangement).cloned()),
        }
    }
}

fn echo(order: &SetLevel) -> Reply {
    Reply {
        status: 200,
        codes: Vec::new(),
        transaction_id: Some(order.transaction_id.as_str().into()),
        arrangement: Some(order.arrangement.expose().into()),
        level: Some(order.level.as_str().into()),
    }
}

fn success() -> Vec<UpstreamCode> {
    UpstreamCode::parse(APPLIED_CODE).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use madoguchi_domain::upgrade::Guarantee;

    use super::*;
    use crate::contract::core_bank::{ArrivedOrder, CoreBankUnderTest, order};

    struct FakeUnderTest(Arc<FakeCoreBank>);

    impl FakeUnderTest {
        fn with_inquiries() -> Self {
            Self(Arc::new(FakeCoreBank::with_inquiries()))
        }

        fn without_inquiries() -> Self {
            Self(Arc::default())
        }

        fn lose_inquiry(&self) {
            self.0.lose_inquiries(&order("T1").arrangement, [Doubt::ConnectionLost]);
        }

        fn next(&self, behaviour: Behaviour) {
            self.0.script(&order("T1").arrangement, [behaviour]);
        }
    }

    #[async_trait]
    impl CoreBankUnderTest for FakeUnderTest {
        fn bank(&self) -> Arc<dyn CoreBank> {
            Arc::clone(&self.0) as Arc<dyn CoreBank>
        }

        async fn will_apply(&self) {
            self.next(Behaviour::Apply);
        }

        async fn will_refuse(&self, code: &UpstreamCode) {
            self.next(Behaviour::Refuse(code.clone()));
        }

        fn limit(&self) -> Duration {
            Duration::ZERO
        }

        fn guarantee(&self) -> Guarantee {
            Guarantee::Dedupes
        }

        async fn will_be_silent(&self) {
            self.next(Behaviour::Lose(Doubt::TimedOut));
        }

        async fn will_lose_the_connection(&self) {
            self.lose_inquiry();
            self.next(Behaviour::Lose(Doubt::ConnectionLost));
        }

        async fn will_be_unreachable(&self) {
            self.lose_inquiry();
            self.next(Behaviour::Unreachable);
        }

        async fn arrived(&self) -> Vec<ArrivedOrder> {
            self.0.orders().iter().map(ArrivedOrder::of).collect()
        }

        fn inquires(&self) -> bool {
            self.0.memory().answers_inquiries
        }

        async fn will_show(&self, level: Option<&AccountLevel>) {
            self.0.set(&order("T1").arrangement, level.cloned());
        }

        async fn inquired(&self) -> Vec<String> {
            self.0.inquiries().iter().map(|it| it.expose().to_owned()).collect()
        }
    }

    crate::core_bank_contract!(
        fake: async { FakeUnderTest::with_inquiries() },
        fake_without_inquiries: async { FakeUnderTest::without_inquiries() },
    );

    #[tokio::test]
    async fn an_inquiry_shows_what_an_order_has_set() {
        let (bank, order) = (FakeCoreBank::with_inquiries(), order("T1"));
        let request = crate::samples::correlation("call-1");
        bank.script(&order.arrangement, [Behaviour::ApplyThenLose(Doubt::TimedOut)]);
        bank.set_level(&order, &request).await;
        let shown = bank.inquire(&order.arrangement, &request).await;
        assert_eq!(shown, LevelAnswer::Level(Some(order.level)));
    }

    #[tokio::test]
    async fn each_arrangement_has_its_own_script() {
        let bank = FakeCoreBank::default();
        let (mine, mut yours) = (order("T1"), order("T2"));
        yours.arrangement = ArrangementId::parse("AA19337Z8L30").unwrap();
        let request = crate::samples::correlation("call-1");
        bank.script(&mine.arrangement, [Behaviour::Lose(Doubt::TimedOut)]);
        assert!(matches!(bank.set_level(&yours, &request).await, Answer::Replied(_)));
        assert_eq!(bank.set_level(&mine, &request).await, Answer::Lost(Doubt::TimedOut));
        assert_eq!(bank.orders(), [yours.clone(), mine.clone()]);
        assert_eq!(bank.applied(), [yours]);
        assert_eq!(bank.level_of(&mine.arrangement), None);
    }
}
