//! Tests when a node reports its key ring.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use madoguchi_application::KeyReporter;
use madoguchi_domain::key_ring::KeyState;
use madoguchi_domain::port::DataKeys;
use madoguchi_testkit::samples;
use tokio::sync::{Notify, watch};

use super::harness::{Harness, held, node};

#[tokio::test(start_paused = true)]
async fn a_node_reports_at_intervals_and_after_reloads() {
    let harness = Harness::new();
    let ring = Arc::new(Mutex::new(vec![held("old", KeyState::Active)]));
    let asked = Arc::new(AtomicUsize::new(0));
    let reloaded = Arc::new(Notify::new());
    let reporter = KeyReporter {
        keys: harness.keys(),
        clock: Arc::clone(&harness.clock) as _,
        node: node("a"),
        held: {
            let (ring, asked) = (Arc::clone(&ring), Arc::clone(&asked));
            Arc::new(move || {
                asked.fetch_add(1, Ordering::Relaxed);
                ring.lock().unwrap().clone()
            })
        },
        reloaded: Arc::clone(&reloaded),
    };
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(reporter.run(stopped));
    let reports = async || harness.store.reports().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(reports().await[0].key, held("old", KeyState::Active));
    harness.clock.set(samples::at(95));
    tokio::time::sleep(Duration::from_secs(95)).await;
    assert_eq!(asked.load(Ordering::Relaxed), 4);
    assert_eq!(reports().await[0].at, samples::at(95));
    *ring.lock().unwrap() = vec![held("new", KeyState::Active), held("old", KeyState::DecryptOnly)];
    reloaded.notify_one();
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(reports().await.len(), 2);
    harness.store.set_down(true);
    reloaded.notify_one();
    tokio::time::sleep(Duration::from_millis(1)).await;
    harness.store.set_down(false);
    stop.send(true).unwrap();
    running.await.unwrap();
    assert_eq!(reports().await, [], "a node that stops leaves no report");
}
