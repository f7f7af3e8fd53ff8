//! A core bank that can delay its answers and records the times of its calls.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use madoguchi_domain::Timestamp;
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::member::ArrangementId;
use madoguchi_domain::port::{Clock, CoreBank};
use madoguchi_domain::upgrade::{Answer, LevelAnswer, SetLevel};
use madoguchi_testkit::fake::clock::ManualClock;
use madoguchi_testkit::fake::core_bank::FakeCoreBank;
use tokio::sync::Semaphore;

/// The connection of one worker to the bank.
#[derive(Debug)]
pub(crate) struct Line {
    bank: Arc<FakeCoreBank>,
    clock: ManualClock,
    answers: Semaphore,
    calls: Mutex<Vec<(Timestamp, SetLevel)>>,
    carried: Mutex<Vec<CorrelationId>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Line {
    pub(crate) fn to(bank: &Arc<FakeCoreBank>, clock: &ManualClock) -> Self {
        Self {
            bank: Arc::clone(bank),
            clock: clock.clone(),
            answers: Semaphore::new(Semaphore::MAX_PERMITS),
            calls: Mutex::default(),
            carried: Mutex::default(),
            at_once: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
        }
    }

    /// Holds back all answers; orders are still applied.
    pub(crate) fn hold_answers(&self) {
        self.answers.forget_permits(Semaphore::MAX_PERMITS);
    }

    pub(crate) fn release_answers(&self) {
        self.answers.add_permits(Semaphore::MAX_PERMITS);
    }

    /// All calls on this connection, with their times.
    pub(crate) fn calls(&self) -> Vec<(Timestamp, SetLevel)> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The correlation id of each call.
    pub(crate) fn carried(&self) -> Vec<CorrelationId> {
        self.carried.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a call, whose answer may be held back.
    async fn carry<T>(&self, call: impl Future<Output = T>) -> T {
        let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(now, Ordering::SeqCst);
        let answer = call.await;
        let _released = self.answers.acquire().await.expect("answers are never abolished");
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        answer
    }

    pub(crate) fn most_at_once(&self) -> usize {
        self.most_at_once.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl CoreBank for Line {
    async fn set_level(&self, order: &SetLevel, correlation: &CorrelationId) -> Answer {
        let call = (self.clock.now(), order.clone());
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        let carried = correlation.clone();
        self.carried.lock().unwrap_or_else(PoisonError::into_inner).push(carried);
        self.carry(self.bank.set_level(order, correlation)).await
    }

    async fn inquire(
        &self,
        arrangement: &ArrangementId,
        correlation: &CorrelationId,
    ) -> LevelAnswer {
        let shown = self.bank.inquire(arrangement, correlation).await;
        if shown == LevelAnswer::NotSupported { shown } else { self.carry(async { shown }).await }
    }
}
