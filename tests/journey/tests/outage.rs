//! PostgreSQL fails and recovers: callers get 503 with `Retry-After`, and a retry is safe.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::ensure;
use madoguchi_journey::caller::is_refusal;
use madoguchi_journey::crowd::work_through;
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::TestDatabase;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::{tokens, walk};
use madoguchi_testkit::server::postgres::Cluster;
use tokio::time::Instant;

const UNTIL_ANSWERED: Duration = Duration::from_secs(60);

/// The answers that callers received.
#[derive(Debug, Default)]
struct Told {
    taken: AtomicUsize,
    unavailable: AtomicUsize,
}

#[test]
fn verdicts_survive_a_postgresql_that_dies_in_mid_request_and_none_is_doubled() {
    walk(async {
        let cluster = tokio::task::block_in_place(Cluster::start_durable);
        let database = TestDatabase::Postgres(cluster.create_database());
        let system = Arc::new(TestSystem::on(&database, Vec::new()).await?);
        let on = Arc::clone(&system);
        let customers = work_through(8, vec![(); 300], move |()| {
            let system = Arc::clone(&on);
            async move { Customer::verified(&system).await }
        });
        let customers = customers.await?;
        let reported = Arc::new(Told::default());
        let (on, by, work) = (Arc::clone(&system), Arc::clone(&reported), customers.clone());
        let telling = tokio::spawn(work_through(8, work, move |customer: Customer| {
            let (system, reported) = (Arc::clone(&on), Arc::clone(&by));
            async move { insist(&system, &customer, &reported).await }
        }));
        for down in [Cluster::crash, Cluster::stop_now] {
            let before = reported.taken.load(Ordering::SeqCst);
            while reported.taken.load(Ordering::SeqCst) < before + 20 {
                ensure!(!telling.is_finished(), "the verdicts ended before the second outage");
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            outage(&system, &cluster, &reported, down).await?;
        }
        telling.await??;
        let unavailable = reported.unavailable.load(Ordering::SeqCst);
        ensure!(unavailable > 0, "nobody met the outage, so nothing was shown");
        everything_happened_once(&system, &customers).await
    });
}

/// Stops the database under load, checks what callers see, and starts it again.
async fn outage(
    system: &TestSystem,
    cluster: &Cluster,
    reported: &Told,
    down: fn(&Cluster),
) -> anyhow::Result<()> {
    tokio::task::block_in_place(|| down(cluster));
    let before = reported.unavailable.load(Ordering::SeqCst);
    let deadline = Instant::now() + UNTIL_ANSWERED;
    while reported.unavailable.load(Ordering::SeqCst) == before {
        ensure!(Instant::now() < deadline, "no client got 503");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    loop {
        let ready = system.caller.get("/health/ready", "").await?;
        if ready.status == 503 {
            assert_eq!(ready.json()["dependencies"][0]["status"], "down", "{ready:?}");
            break;
        }
        // An answer of half a second ago is given again.
        ensure!(Instant::now() < deadline, "{ready:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(system.caller.get("/health/live", "").await?.status, 200);
    let read = system.caller.get("/api/v1/members/nobody", tokens::MEMBER_READ).await?;
    assert!(is_refusal(&read, 503, "UNAVAILABLE"), "{read:?}");
    tokio::task::block_in_place(|| cluster.start_again());
    system.ready().await
}

async fn insist(system: &TestSystem, customer: &Customer, reported: &Told) -> anyhow::Result<()> {
    let deadline = Instant::now() + UNTIL_ANSWERED;
    loop {
        let answer = system.caller.decide(&customer.member, true).await?;
        if answer.status == 200 {
            reported.taken.fetch_add(1, Ordering::SeqCst);
            // Slow enough to leave verdicts for the second outage.
            tokio::time::sleep(Duration::from_millis(10)).await;
            return Ok(());
        }
        assert!(is_refusal(&answer, 503, "UNAVAILABLE"), "{answer:?}");
        assert_eq!(answer.retry_after, Some(1));
        reported.unavailable.fetch_add(1, Ordering::SeqCst);
        ensure!(Instant::now() < deadline, "a verdict was never taken");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn everything_happened_once(
    system: &TestSystem,
    customers: &[Customer],
) -> anyhow::Result<()> {
    for customer in customers {
        let case = customer.settled(system).await?;
        ensure!(case["coreBank"]["state"] == "Confirmed", "{case}");
        assert_eq!(customer.states(system).await?, ["New", "EDDASuccess", "CustomerSuccess"]);
    }
    let journal = system.world.journal().await?;
    for customer in customers {
        let distinct = journal.distinct(&customer.arrangement);
        ensure!(distinct.len() == 1, "{customer:?}: {distinct:?}");
    }
    let log = system.log()?;
    for driver in ["terminating connection", "the database system is", "SQLSTATE"] {
        ensure!(!log.contains(driver), "the log holds the driver's text: {driver}");
    }
    Ok(())
}
