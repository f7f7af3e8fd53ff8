//! A harness for the decision lane over a fault-injecting store.

use std::sync::Arc;

use madoguchi_application::{
    Answered, DecisionLane, GroupCommitSettings, PlannedSignal, ServiceError,
};
use madoguchi_domain::audit::Action;
use madoguchi_domain::idempotency::KeyedRequest;
use madoguchi_domain::port::{ReplayStore, UpgradeStore};
use madoguchi_domain::upgrade::{EventName, GrantedCase, Request};
use madoguchi_testkit::contract::audit_rows;
use madoguchi_testkit::driver::upgrade::UpgradeDriver;
use madoguchi_testkit::fake::fault_injecting_store::FaultInjectingStore;
use madoguchi_testkit::fake::store::FakeStore;
use madoguchi_testkit::samples;
use tokio::task::JoinHandle;

/// The answer to a request.
pub(crate) type Told = Result<GrantedCase, ServiceError>;

pub(crate) struct LaneHarness {
    pub(crate) store: Arc<FaultInjectingStore>,
    /// Another process on the same data.
    pub(crate) driver: UpgradeDriver,
    pub(crate) lane: DecisionLane,
    pub(crate) planned: PlannedSignal,
    pub(crate) task: JoinHandle<()>,
}

impl LaneHarness {
    pub(crate) fn open() -> Self {
        Self::holding(GroupCommitSettings::default())
    }

    pub(crate) fn holding(settings: GroupCommitSettings) -> Self {
        let fake = FakeStore::new(samples::audit_key());
        let store = Arc::new(FaultInjectingStore::over(&fake));
        let planned = PlannedSignal::default();
        let (lane, task) = DecisionLane::start(
            Arc::clone(&store) as Arc<dyn UpgradeStore>,
            Arc::clone(&store) as Arc<dyn ReplayStore>,
            Arc::new(samples::policy()),
            planned.clone(),
            settings,
        );
        Self { store, driver: UpgradeDriver::at(&fake.stores()), lane, planned, task }
    }

    /// Enqueues a request without waiting for its answer.
    pub(crate) fn queue(&self, request: Request) -> JoinHandle<Told> {
        let lane = self.lane.clone();
        tokio::spawn(async move { Ok(lane.ask(request, None).await?.value) })
    }

    /// Enqueues all requests in order as one batch; returns their answers in the same order.
    ///
    /// Tasks of one thread start in the order they were spawned, and the lane's task runs after
    /// them, so all requests are in one batch.
    pub(crate) async fn ask_together(
        &self,
        requests: impl IntoIterator<Item = Request>,
    ) -> Vec<Told> {
        let queued: Vec<_> = requests.into_iter().map(|request| self.queue(request)).collect();
        let mut answers = Vec::with_capacity(queued.len());
        for one in queued {
            answers.push(one.await.expect("the request is answered"));
        }
        answers
    }

    /// Closes the load gate and enqueues these; when this returns, the lane has started to load.
    pub(crate) async fn queue_behind_the_gate(
        &self,
        requests: impl IntoIterator<Item = Request>,
    ) -> Vec<JoinHandle<Told>> {
        self.store.close_load_gate();
        let queued = requests.into_iter().map(|request| self.queue(request)).collect();
        self.settle().await;
        queued
    }

    /// Lets all other tasks of this thread run.
    pub(crate) async fn settle(&self) {
        for _ in 0..16 {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) async fn ask(&self, request: Request) -> Told {
        Ok(self.lane.ask(request, None).await?.value)
    }

    pub(crate) async fn ask_with(
        &self,
        request: Request,
        key: KeyedRequest,
    ) -> Result<Answered<GrantedCase>, ServiceError> {
        self.lane.ask(request, Some(key)).await
    }

    /// The events of a sample member's newest case.
    pub(crate) async fn history(&self, number: u32) -> Vec<EventName> {
        let Some(case) = self.driver.newest(number).await.case else { return Vec::new() };
        let history = self.driver.timeline(case.id).await.history;
        history.into_iter().map(|row| row.why).collect()
    }

    /// The number of audit rows of this action.
    pub(crate) async fn audited(&self, action: Action) -> usize {
        let rows = audit_rows::rows(&self.driver.stores).await;
        rows.iter().filter(|row| row.entry.action == action).count()
    }
}
