//! Being told to stop: what was claimed is finished, and nothing else is begun.

use std::sync::Arc;

use madoguchi_domain::core_bank::EffectStateName;
use madoguchi_testkit::fake_store::Fault;
use tokio::sync::watch;

use super::hall::Hall;
use super::queue::BrittleQueue;

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_told_to_stop_finishes_what_it_has_claimed() {
    let hall = Hall::with_passed(3).await;
    hall.line.hold_answers();
    let mut worker = hall.worker(1);
    worker.settings.calls = 2;
    let worker = hall.start(worker);
    hall.wait(2).await;
    hall.stop.say();
    hall.wait(5).await;
    assert!(!worker.is_finished(), "it waits for the answers it asked for");
    hall.line.release_answers();
    worker.await.expect("the worker ends in peace");
    let confirmed = EffectStateName::Confirmed;
    let states = [hall.state(1).await, hall.state(2).await, hall.state(3).await];
    assert_eq!(states, [confirmed, confirmed, EffectStateName::Planned]);
    assert_eq!(hall.line.calls().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_could_not_be_written_by_the_end_is_found_out_later() {
    let hall = Hall::with_passed(1).await;
    hall.queue.break_records(1000, Fault::BeforeCommit);
    let worker = hall.start(hall.worker(1));
    hall.wait(2).await;
    hall.stop.say();
    worker.await.expect("the worker ends in peace");
    assert_eq!(hall.state(1).await, EffectStateName::Sending);

    let queue = BrittleQueue::over(&hall.fake, &hall.clock);
    let next = Hall { queue: Arc::new(queue), ..hall };
    next.wait(31).await;
    assert_eq!(next.sweeper().sweep().await, Ok(1));
    assert_eq!(next.state(1).await, EffectStateName::Unknown);
}

#[tokio::test(start_paused = true)]
async fn who_is_told_to_stop_before_the_start_does_nothing() {
    let hall = Hall::with_passed(1).await;
    hall.stop.say();
    hall.start(hall.worker(1)).await.expect("the worker ends in peace");
    hall.start_sweeping().await.expect("the sweeper ends in peace");
    assert_eq!((hall.line.calls().len(), hall.queue.claimed()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_worker_whom_nobody_can_stop_any_more_does_not_spin() {
    let hall = Hall::with_passed(1).await;
    let (stop, told) = watch::channel(false);
    let worker = tokio::spawn(hall.worker(1).run(told));
    drop(stop);
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    worker.abort();
    assert!(hall.queue.claimed() < 10, "{} claims in no time at all", hall.queue.claimed());
}
