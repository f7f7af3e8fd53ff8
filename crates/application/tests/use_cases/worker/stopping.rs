//! Tests the stop signal: claimed effects are finished, and no new work starts.

use std::sync::Arc;
use std::time::Duration;

use madoguchi_domain::effect::{Doubt, EffectStateName};
use madoguchi_testkit::fake::fault_injecting_store::FaultInjectingStore;
use madoguchi_testkit::fake::store::Fault;
use tokio::sync::watch;

use super::harness::WorkerHarness;

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_told_to_stop_finishes_what_it_has_claimed() {
    let harness = WorkerHarness::with_passed(3).await;
    harness.line.hold_answers();
    let mut worker = harness.worker(1);
    worker.settings.calls = 2;
    let worker = harness.start(worker);
    harness.wait(2).await;
    harness.stop.say();
    harness.wait(5).await;
    assert!(!worker.is_finished(), "it waits for the answers it asked for");
    harness.line.release_answers();
    worker.await.expect("the worker ends without an error");
    let confirmed = EffectStateName::Confirmed;
    let states = [harness.state(1).await, harness.state(2).await, harness.state(3).await];
    assert_eq!(states, [confirmed, confirmed, EffectStateName::Planned]);
    assert_eq!(harness.line.calls().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_could_not_be_written_by_the_end_is_found_out_later() {
    let harness = WorkerHarness::with_passed(1).await;
    harness.queue.break_records(1000, Fault::BeforeCommit);
    let worker = harness.start(harness.worker(1));
    harness.wait(2).await;
    harness.stop.say();
    worker.await.expect("the worker ends without an error");
    assert_eq!(harness.state(1).await, EffectStateName::Sending);

    let queue = FaultInjectingStore::over(&harness.fake);
    let next = WorkerHarness { queue: Arc::new(queue), ..harness };
    next.wait(31).await;
    assert_eq!(next.sweeper().sweep().await, Ok(1));
    assert_eq!(next.state(1).await, EffectStateName::Unknown);
}

#[tokio::test(start_paused = true)]
async fn who_is_told_to_stop_before_the_start_does_nothing() {
    let harness = WorkerHarness::with_passed(1).await;
    harness.stop.say();
    harness.start(harness.worker(1)).await.expect("the worker ends without an error");
    harness.start_sweeping().await.expect("the sweeper ends without an error");
    assert_eq!((harness.line.calls().len(), harness.queue.claimed()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_worker_whom_nobody_can_stop_any_more_does_not_spin() {
    let harness = WorkerHarness::with_passed(1).await;
    let (stop, reported) = watch::channel(false);
    let worker = tokio::spawn(harness.worker(1).run(reported));
    drop(stop);
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    worker.abort();
    assert!(harness.queue.claimed() < 10, "{} claims in no time at all", harness.queue.claimed());
}

/// A call that hangs gives its place back when its order was decided otherwise long ago, and a
/// worker that stops does not wait for it.
#[tokio::test(start_paused = true)]
async fn a_call_that_never_ends_holds_nobody_up() {
    let harness = WorkerHarness::with_passed(1).await;
    harness.line.hold_answers();
    let worker = harness.start(harness.worker(1));
    harness.wait(299).await;
    assert_eq!(harness.evidence(1).await, []);
    harness.wait(3).await;
    let given_up = harness.evidence(1).await.pop().expect("it is given up");
    assert_eq!(given_up, ("unknown".to_owned(), Doubt::TimedOut.as_str().to_owned()));
    harness.start_sweeping();
    harness.wait(300).await;
    assert!(harness.line.calls().len() > 1, "it is sent again, and hangs again");
    harness.stop.say();
    let stopped = tokio::time::timeout(Duration::from_secs(11), worker).await;
    stopped.expect("it does not wait for the call").expect("the worker ends without an error");
}
