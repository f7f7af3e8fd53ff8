//! Tests the circuit breaker: an unreachable bank is not called, except for one probe.

use jiff::SignedDuration;
use madoguchi_application::EffectWorker;
use madoguchi_domain::breaker::BreakerSettings;
use madoguchi_domain::effect::EffectStateName;
use madoguchi_testkit::fake::core_bank::Behaviour;
use madoguchi_testkit::fake::store::Fault;

use super::harness::WorkerHarness;

const SETTINGS: BreakerSettings = BreakerSettings::steady(3, SignedDuration::from_secs(30));

/// A worker with this many concurrent calls; three consecutive failures open its breaker.
fn careful(harness: &WorkerHarness, calls: usize) -> EffectWorker {
    let mut worker = harness.worker(1);
    worker.settings.calls = calls;
    worker.settings.breaker = SETTINGS;
    worker
}

/// Ten passed members; the bank is unreachable for the first `unreachable` of them, once each.
async fn unreachable_for(members: u32) -> WorkerHarness {
    let harness = WorkerHarness::with_passed(10).await;
    for number in 1..=members {
        harness.script(number, [Behaviour::Unreachable]);
    }
    harness
}

#[tokio::test(start_paused = true)]
async fn calls_stop_after_three_failures_and_one_probe_at_a_time_looks_again() {
    let harness = unreachable_for(4).await;
    harness.start(careful(&harness, 1));
    harness.wait(25).await;
    assert_eq!(harness.line.calls().len(), 3, "three failures open the breaker");
    harness.wait(15).await;
    assert_eq!(harness.line.calls().len(), 4, "one probe, and it failed");
    harness.wait(15).await;
    assert_eq!(harness.line.calls().len(), 4);
    harness.wait(40).await;
    for number in 1..=10 {
        assert_eq!(harness.state(number).await, EffectStateName::Confirmed, "member {number}");
        assert_eq!(harness.effect(number).await.ambiguous, 0, "waiting costs no timeout");
    }
}

#[tokio::test(start_paused = true)]
async fn while_a_probe_is_out_no_other_goes() {
    let harness = unreachable_for(3).await;
    harness.start(careful(&harness, 3));
    harness.wait(5).await;
    assert_eq!(harness.line.calls().len(), 3, "three failures open the breaker");
    harness.line.hold_answers();
    harness.wait(40).await;
    assert_eq!(harness.line.calls().len(), 4, "the probe has not come back yet");
}

#[tokio::test(start_paused = true)]
async fn a_failure_counts_once_however_often_the_store_refuses_to_note_it() {
    let harness = unreachable_for(1).await;
    harness.queue.break_records(5, Fault::BeforeCommit);
    harness.start(careful(&harness, 1));
    harness.wait(15).await;
    for number in 2..=10 {
        assert_eq!(harness.state(number).await, EffectStateName::Confirmed, "member {number}");
    }
}
