//! Tests that one node at a time runs a job, and that its lease is kept no longer than needed.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use madoguchi_application::{Job, JobRunner, JobSettings, Ran, ReplayExpiry};
use madoguchi_domain::act::Act;
use madoguchi_domain::effect::Fence;
use madoguchi_domain::idempotency::{KeyedRequest, Replay};
use madoguchi_domain::job_lease::{JobLease, JobName};
use madoguchi_domain::port::{Clock, JobLeases, ReplayStore, StoreError};
use madoguchi_testkit::fake::clock::ManualClock;
use madoguchi_testkit::fake::ids::SeededIds;
use madoguchi_testkit::fake::store::{FakeStore, Fault};
use madoguchi_testkit::samples;
use tokio::sync::watch;
use tokio::task::JoinHandle;

const JOB: JobName = JobName::of("sample_job");
const EVERY: Duration = Duration::from_secs(10);
const LEASE: SignedDuration = SignedDuration::from_secs(60);
const FAILED: StoreError = StoreError::Unavailable("the sample step fails");

type Stepped = Pin<Box<dyn Future<Output = Result<bool, StoreError>> + Send>>;

/// A job that records its acts. What a step does depends on the number of steps before it.
struct SampleJob {
    acts: Arc<Mutex<Vec<Act>>>,
    does: Box<dyn Fn(usize) -> Stepped + Send + Sync>,
}

#[async_trait]
impl Job for SampleJob {
    fn name(&self) -> JobName {
        JOB
    }

    async fn step(&self, _: &JobLease, act: &Act) -> Result<bool, StoreError> {
        let before = {
            let mut acts = self.acts.lock().expect("no step panicked");
            acts.push(act.clone());
            acts.len() - 1
        };
        (self.does)(before).await
    }
}

struct Nodes {
    store: FakeStore,
    clock: ManualClock,
    acts: Arc<Mutex<Vec<Act>>>,
}

impl Nodes {
    fn new() -> Self {
        Self {
            store: FakeStore::new(samples::audit_key()),
            clock: ManualClock::default(),
            acts: Arc::default(),
        }
    }

    /// A runner on a node of its own.
    fn runner<F>(&self, node: u32, does: impl Fn(usize) -> F + Send + Sync + 'static) -> JobRunner
    where
        F: Future<Output = Result<bool, StoreError>> + Send + 'static,
    {
        let does = move |before| Box::pin(does(before)) as Stepped;
        JobRunner {
            leases: Arc::new(self.store.clone()),
            job: Arc::new(SampleJob { acts: Arc::clone(&self.acts), does: Box::new(does) }),
            clock: Arc::new(self.clock.clone()),
            ids: Arc::new(SeededIds::new(u64::from(node))),
            settings: JobSettings { id: samples::worker(node), every: EVERY, lease: LEASE },
        }
    }

    /// Starts a runner on a node of its own.
    fn start<F>(
        &self,
        node: u32,
        does: impl Fn(usize) -> F + Send + Sync + 'static,
    ) -> (watch::Sender<bool>, JoinHandle<()>)
    where
        F: Future<Output = Result<bool, StoreError>> + Send + 'static,
    {
        let (stop, stopped) = watch::channel(false);
        (stop, tokio::spawn(self.runner(node, does).run(stopped)))
    }

    /// Advances the clock and the runtime's time.
    async fn wait(&self, seconds: u32) {
        for _ in 0..seconds {
            self.clock.advance(SignedDuration::from_secs(1));
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// The lease that another node gets now.
    async fn other_takes(&self) -> Option<JobLease> {
        take(&self.store, 9, &self.clock).await
    }

    fn steps(&self) -> usize {
        self.acts.lock().expect("no step panicked").len()
    }

    /// The nodes that did the steps, each once.
    fn nodes(&self) -> Vec<String> {
        let acts = self.acts.lock().expect("no step panicked");
        let mut nodes: Vec<_> = acts.iter().map(|act| act.by.subject.to_string()).collect();
        nodes.dedup();
        nodes
    }
}

async fn take(store: &FakeStore, node: u32, clock: &ManualClock) -> Option<JobLease> {
    let taken = store.take(JOB, &samples::worker(node), clock.now(), LEASE).await;
    taken.expect("the fake is up")
}

async fn a_second() {
    tokio::time::sleep(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_job_runs_to_its_end_and_keeps_the_lease() {
    let nodes = Nodes::new();
    let (stop, running) = nodes.start(1, |before| async move {
        a_second().await;
        Ok(before % 2 == 0)
    });
    nodes.wait(5).await;
    assert_eq!(nodes.steps(), 2);
    nodes.wait(10).await;
    assert_eq!(nodes.steps(), 4);
    let mut correlations: Vec<_> = nodes
        .acts
        .lock()
        .expect("no step panicked")
        .iter()
        .map(|act| act.correlation.clone())
        .collect();
    correlations.dedup();
    assert_eq!(correlations.len(), 4, "each step has an id of its own");
    assert_eq!(nodes.other_takes().await, None, "one node does each round");
    stop.send_replace(true);
    running.await.expect("the runner ends without an error");
    assert_eq!(nodes.other_takes().await.map(|lease| lease.fence), Some(Fence(2)));
}

#[tokio::test(start_paused = true)]
async fn of_two_runners_one_works_until_it_stops() {
    let nodes = Nodes::new();
    let endless = |_| async {
        a_second().await;
        Ok(true)
    };
    let (stop, first) = nodes.start(1, endless);
    let (_stop, _second) = nodes.start(2, endless);
    // Longer than the lease: it is renewed before each step.
    nodes.wait(200).await;
    assert_eq!(nodes.nodes(), ["worker-1"]);
    stop.send_replace(true);
    first.await.expect("the runner ends without an error");
    nodes.wait(12).await;
    assert_eq!(nodes.nodes(), ["worker-1", "worker-2"]);
    let until = nodes.clock.now() + LEASE;
    nodes.clock.set(until - SignedDuration::from_secs(2));
    assert_eq!(nodes.other_takes().await, None, "the second one holds it");
}

#[tokio::test(start_paused = true)]
async fn a_lease_lost_between_steps_ends_the_work() {
    let nodes = Nodes::new();
    let (store, clock) = (nodes.store.clone(), nodes.clock.clone());
    let (_stop, running) = nodes.start(1, move |_| {
        let (store, clock) = (store.clone(), clock.clone());
        async move {
            clock.advance(LEASE);
            take(&store, 9, &clock).await.expect("the lease is over");
            Ok(true)
        }
    });
    nodes.wait(50).await;
    assert_eq!(nodes.steps(), 1, "the other one holds the lease and is not disturbed");
    assert!(!running.is_finished());
    nodes.wait(20).await;
    assert_eq!(nodes.steps(), 2, "it is taken again when the other's is over");
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_lapsed_unnoticed_is_a_new_grant() {
    let nodes = Nodes::new();
    let clock = nodes.clock.clone();
    let (stop, running) = nodes.start(1, move |before| {
        let clock = clock.clone();
        async move {
            clock.advance(LEASE);
            Ok(before < 2)
        }
    });
    nodes.wait(1).await;
    assert_eq!(nodes.steps(), 3);
    stop.send_replace(true);
    running.await.expect("the runner ends without an error");
    assert_eq!(nodes.other_takes().await.map(|lease| lease.fence), Some(Fence(4)));
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_the_step_and_frees_the_lease() {
    let nodes = Nodes::new();
    let ended = Arc::new(Mutex::new(0));
    let ending = Arc::clone(&ended);
    let (stop, running) = nodes.start(1, move |_| {
        let ending = Arc::clone(&ending);
        async move {
            a_second().await;
            *ending.lock().unwrap() += 1;
            Ok(true)
        }
    });
    nodes.wait(5).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(nodes.other_takes().await, None);
    stop.send_replace(true);
    running.await.expect("the runner ends without an error");
    assert_eq!(*ended.lock().unwrap(), nodes.steps(), "the step was not cut off");
    assert_eq!(nodes.other_takes().await.map(|lease| lease.fence), Some(Fence(2)));
}

#[tokio::test(start_paused = true)]
async fn a_runner_whose_stop_signal_is_dropped_ends() {
    let nodes = Nodes::new();
    let (stop, running) = nodes.start(1, |_| async {
        a_second().await;
        Ok(true)
    });
    nodes.wait(5).await;
    drop(stop);
    running.await.expect("the runner ends without an error");
    assert!(nodes.other_takes().await.is_some());
    let (stop, running) = nodes.start(1, |_| async { Ok(true) });
    stop.send_replace(true);
    let before = nodes.steps();
    running.await.expect("the runner ends without an error");
    assert_eq!(nodes.steps(), before, "a runner that is stopped before its start does nothing");
}

#[tokio::test(start_paused = true)]
async fn a_failing_step_is_tried_later_and_frees_the_lease() {
    let nodes = Nodes::new();
    let (_stop, _running) = nodes.start(1, |_| async { Err(FAILED) });
    nodes.wait(5).await;
    let lease = nodes.other_takes().await.expect("the lease is free while the runner waits");
    nodes.store.release(&lease).await.expect("the fake is up");
    nodes.wait(96).await;
    assert_eq!(nodes.steps(), 11, "one step each interval, and no busy loop");
}

#[tokio::test(start_paused = true)]
async fn a_failed_renewal_ends_the_work_for_an_interval() {
    for fault in [Fault::BeforeCommit, Fault::AfterCommit] {
        let nodes = Nodes::new();
        let store = nodes.store.clone();
        let (_stop, _running) = nodes.start(1, move |before| {
            let store = store.clone();
            async move {
                if before == 1 {
                    store.fail_next(1, fault);
                }
                Ok(before < 3)
            }
        });
        nodes.wait(5).await;
        assert_eq!(nodes.steps(), 2, "{fault:?}");
        nodes.wait(10).await;
        assert_eq!(nodes.steps(), 4, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_that_panics_is_a_failed_step() {
    let nodes = Nodes::new();
    let (_stop, running) = nodes.start(1, |before| async move {
        assert!(before > 0, "the first step has a defect");
        Ok(false)
    });
    nodes.wait(5).await;
    assert!(!running.is_finished() && nodes.steps() == 1);
    let lease = nodes.other_takes().await.expect("the lease is free");
    nodes.store.release(&lease).await.expect("the fake is up");
    nodes.wait(10).await;
    assert_eq!(nodes.steps(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_is_asked_once_an_interval() {
    let nodes = Nodes::new();
    nodes.store.set_down(true);
    let (stop, running) = nodes.start(1, |_| async { Ok(false) });
    nodes.wait(35).await;
    assert_eq!(nodes.steps(), 0);
    nodes.store.set_down(false);
    nodes.wait(10).await;
    assert_eq!(nodes.steps(), 1);
    nodes.store.set_down(true);
    stop.send_replace(true);
    running.await.expect("the runner ends, also without the store");
}

#[tokio::test(start_paused = true)]
async fn answers_are_deleted_after_their_time() {
    let nodes = Nodes::new();
    let replays = Arc::new(nodes.store.clone());
    let of = |number: u32, at| {
        let replay = samples::replay(number);
        Replay { request: KeyedRequest { at, ..replay.request }, ..replay }
    };
    let old: Vec<_> = (0..2500).map(|number| of(number, samples::at(0))).collect();
    let fresh = of(9999, samples::at(30));
    let all = [old.as_slice(), std::slice::from_ref(&fresh)].concat();
    replays.record(&all).await.expect("answers are recorded");
    let expiry = ReplayExpiry { replays: replays.clone(), keep: SignedDuration::from_mins(1) };
    let runner = JobRunner {
        leases: replays.clone(),
        job: Arc::new(expiry),
        clock: Arc::new(nodes.clock.clone()),
        ids: Arc::new(SeededIds::new(1)),
        settings: JobSettings { id: samples::worker(1), every: EVERY, lease: LEASE },
    };
    let (_stop, stopped) = watch::channel(false);
    tokio::spawn(runner.run(stopped));
    let left = async || {
        let keys: Vec<_> = all.iter().map(|it| it.request.key).collect();
        let found = replays.find(&keys).await.expect("answers are found");
        found.into_iter().flatten().count()
    };
    nodes.wait(59).await;
    assert_eq!(left().await, 2501, "nothing is deleted early");
    nodes.wait(20).await;
    assert_eq!(left().await, 1, "all that expired is deleted in batches");
    nodes.wait(30).await;
    assert_eq!(left().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_single_run_renews_its_lease_and_ends_with_the_work() {
    let nodes = Nodes::new();
    let (_stop, stopped) = watch::channel(false);
    let clock = nodes.clock.clone();
    let runner = nodes.runner(1, move |before| {
        // Three steps together outlast a lease.
        clock.advance(LEASE / 2);
        async move { Ok(before < 2) }
    });
    let mut steps = 0;
    assert_eq!(runner.run_to_end(stopped, || steps += 1).await, Ok(Ran::ToEnd));
    assert_eq!((steps, nodes.steps()), (3, 3));
    assert!(nodes.other_takes().await.is_some(), "the lease is released");
}

/// A step outlasted the lease, and another process has it: the run ends, and leaves it there.
#[tokio::test(start_paused = true)]
async fn a_single_run_ends_when_another_process_took_its_lease() {
    let nodes = Nodes::new();
    let (_stop, stopped) = watch::channel(false);
    let (clock, store) = (nodes.clock.clone(), nodes.store.clone());
    let runner = nodes.runner(1, move |_| {
        clock.advance(LEASE);
        let (store, clock) = (store.clone(), clock.clone());
        async move {
            assert!(take(&store, 9, &clock).await.is_some(), "the lease is over");
            Ok(true)
        }
    });
    let ran = runner.run_to_end(stopped, || ()).await;
    assert!(matches!(ran, Err(StoreError::Unavailable(_))), "{ran:?}");
    assert_eq!(nodes.steps(), 1);
    let third = take(&nodes.store, 8, &nodes.clock).await;
    assert_eq!(third, None, "the other process still holds it");
    let (_stop, stopped) = watch::channel(false);
    let elsewhere = nodes.runner(1, |_| async { Ok(true) }).run_to_end(stopped, || ()).await;
    assert_eq!(elsewhere, Ok(Ran::Elsewhere));
}
