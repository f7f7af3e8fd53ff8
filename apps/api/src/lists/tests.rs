//! Lists over a replica that answers, one that fails, and one that is too old.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use madoguchi_application::ReplicaStatus;
use madoguchi_domain::effect::{EffectFilter, EffectQuery};
use madoguchi_domain::port::StoreError;
use madoguchi_domain::replica::{ReplicaRefusal, ReplicaState};
use madoguchi_testkit::fake::store::FakeStore;

use super::*;
use crate::test_app::TestApp;

const MAX: Duration = Duration::from_secs(30);

/// A state with a replica, whose lag is so many seconds.
fn replicated(lag: u64) -> (TestApp, Arc<ReplicaStatus>) {
    let status = Arc::new(ReplicaStatus::new(MAX, Instant::now()));
    status.report(Instant::now(), ReplicaState::Usable { lag: Duration::from_secs(lag) });
    let known = Arc::clone(&status);
    let app = TestApp::with(move |state| {
        let other = FakeStore::new(madoguchi_testkit::samples::audit_key());
        let effects = other.stores().platform.effects;
        let lists = Lists { effects, ..state.lists() };
        state.replica = Some(ReplicaLists { lists, status: known });
    });
    (app, status)
}

fn header(response: &HttpResponse) -> Option<u64> {
    response.headers().get(&NAME)?.to_str().ok()?.parse().ok()
}

/// Reads a page by this work; returns the lag in the answer.
async fn read<F>(reader: &ListReader, work: impl Fn(Lists) -> F + Send + 'static) -> Option<u64>
where
    F: Future<Output = Result<(), ServiceError>> + Send + 'static,
{
    reader.read(work).await.expect("a page");
    header(&reader.marked(HttpResponse::Ok().finish()))
}

#[tokio::test]
async fn a_list_from_the_replica_says_how_old_it_is() {
    let (app, _) = replicated(2);
    let reader = ListReader::new(&app.state);
    let lag = read(&reader, |_| async { Ok(()) }).await.expect("a lag");
    assert!((2000..4000).contains(&lag), "{lag}");
    tokio::time::sleep(Duration::from_millis(30)).await;
    let later = header(&reader.marked(HttpResponse::Ok().finish())).expect("a lag");
    assert!(later >= lag + 30, "{lag}, {later}");
}

#[tokio::test]
async fn without_a_usable_replica_the_primary_answers() {
    let (too_old, _) = replicated(31);
    let (refused, status) = replicated(0);
    let why = ReplicaRefusal::NotAReplica;
    status.report(Instant::now(), ReplicaState::Refused { why, lag: None });
    for app in [TestApp::open(), too_old, refused] {
        let reader = ListReader::new(&app.state);
        assert_eq!(read(&reader, |_| async { Ok(()) }).await, None);
    }
}

/// Also every later page of that list, and other lists for a while.
#[tokio::test]
async fn a_list_that_fails_on_the_replica_is_read_from_the_primary() {
    let (app, status) = replicated(0);
    let reader = ListReader::new(&app.state);
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let fails_once = move |_| {
        let is_first = counted.fetch_add(1, Ordering::SeqCst) == 0;
        async move { if is_first { Err(UNANSWERED.into()) } else { Ok(()) } }
    };
    assert_eq!(read(&reader, fails_once).await, None);
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    assert_eq!(status.usable(Instant::now()), None);
    assert_eq!(read(&reader, |_| async { Ok(()) }).await, None);
}

/// A list does not change its source, also if the replica is fresh enough again.
#[tokio::test]
async fn after_a_page_from_the_primary_all_are() {
    let (app, status) = replicated(31);
    let reader = ListReader::new(&app.state);
    assert_eq!(read(&reader, |_| async { Ok(()) }).await, None);
    status.report(Instant::now(), ReplicaState::Usable { lag: Duration::ZERO });
    assert!(read(&ListReader::new(&app.state), |_| async { Ok(()) }).await.is_some());
    assert_eq!(read(&reader, |_| async { Ok(()) }).await, None);
}

const UNANSWERED: StoreError = StoreError::Unavailable("no answer");

#[tokio::test]
async fn a_replica_that_is_silent_leaves_time_for_the_primary() {
    let (app, status) = replicated(0);
    let reader = ListReader::new(&app.state);
    let calls = AtomicU32::new(0);
    let silent_once = move |_| {
        let is_first = calls.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if is_first {
                std::future::pending::<()>().await;
            }
            Ok(())
        }
    };
    assert_eq!(read(&reader, silent_once).await, None);
    assert_eq!(status.usable(Instant::now()), None);
}

#[tokio::test]
async fn each_reader_uses_its_own_database() {
    let (app, status) = replicated(0);
    let ask = |lists: Lists| async move {
        let all = EffectQuery { filter: EffectFilter::default(), after: None, limit: 1 };
        lists.effects.list(&all).await?;
        Ok(())
    };
    app.store.set_down(true);
    let from_replica = ListReader::new(&app.state);
    assert!(read(&from_replica, ask).await.is_some());
    status.list_failed(Instant::now());
    assert!(ListReader::new(&app.state).read(ask).await.is_err(), "the primary is down");
}
