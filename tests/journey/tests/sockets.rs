//! Runs every raw-socket case against the real server and compares `docs/sockets.md`.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use madoguchi_journey::caller::is_refusal;
use madoguchi_journey::crowd;
use madoguchi_journey::database::Store;
use madoguchi_journey::held::{Held, Hold, live_within};
use madoguchi_journey::sockets::{self, TIMEOUTS};
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::walk;
use madoguchi_journey::wire::exchange;

/// Maximum number of concurrent cases, so that they do not delay each other.
const AT_ONCE: usize = 32;
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const HONEST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

#[test]
fn every_case_ends_as_its_table_says() {
    walk(async {
        let changed = TIMEOUTS.map(|(key, value)| (key, value.to_owned())).to_vec();
        let system = TestSystem::own(Store::Sqlite, changed).await?;
        let addr = system.caller.addr();
        let run = move |case: sockets::SocketCase| async move { Ok(case.run(addr).await.err()) };
        let failed = crowd::work_through(AT_ONCE, sockets::cases(), run).await?;
        let failed: Vec<String> = failed.into_iter().flatten().map(|e| format!("{e:#}")).collect();
        ensure!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
        let log = system.log()?;
        ensure!(!log.contains("\"level\":\"ERROR\""), "a stranger fills the log: {log}");
        let metrics = system.metrics().await?;
        let counted = "madoguchi_http_malformed_requests_total{rule=\"host\"}";
        ensure!(metrics.contains(counted), "{metrics}");
        for reason in ["head_timeout", "body_timeout", "keep_alive_timeout"] {
            let counted = "madoguchi_http_connections_closed_total{listener=\"api\",reason=";
            ensure!(metrics.contains(&format!("{counted}\"{reason}\"")), "{reason}: {metrics}");
        }
        system.stop()
    });
}

#[test]
fn the_table_in_the_docs_lists_every_case() {
    let cases = sockets::cases();
    let names: HashSet<_> = cases.iter().map(|case| (case.group, case.name)).collect();
    assert_eq!(names.len(), cases.len(), "a case is listed twice");
    assert!(cases.len() >= 150, "{}", cases.len());
    let page = include_str!("../../../docs/sockets.md");
    assert!(
        page.ends_with(&sockets::table()),
        "docs/sockets.md must end with:\n{}",
        sockets::table()
    );
}

#[test]
fn an_unread_answer_ends_its_connection() {
    walk(async {
        // Shorter than the write timeout: a connection with an unread answer is not idle.
        let changed = vec![
            ("SERVER__KEEP_ALIVE_TIMEOUT_MS", "300".to_owned()),
            ("SERVER__WRITE_TIMEOUT_MS", "1500".to_owned()),
        ];
        let system = TestSystem::own(Store::Sqlite, changed).await?;
        let _held = Held::open(Hold::NeverReads, system.caller.addr(), HONEST, 3).await;
        let closed =
            "madoguchi_http_connections_closed_total{listener=\"api\",reason=\"write_timeout\"} 3";
        let deadline = Instant::now() + Duration::from_secs(20);
        while !system.metrics().await?.contains(closed) {
            ensure!(Instant::now() < deadline, "{}", system.metrics().await?);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        system.stop()
    });
}

#[test]
fn a_full_server_refuses_in_the_envelope() {
    walk(async {
        let changed = vec![("SERVER__MAX_CONNECTIONS", "2".to_owned())];
        let system = Arc::new(TestSystem::own(Store::Sqlite, changed).await?);
        system.world.plays("contextos", "slow:8000", None, None).await?;
        let mut asking = tokio::task::JoinSet::new();
        for context in ["CTX0001", "CTX0002"] {
            let system = Arc::clone(&system);
            asking.spawn(async move { system.caller.who_within(context, 4000).await });
        }
        system.world.arrived("contextos", 2).await?;
        let get = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n";
        let refused = loop {
            ensure!(asking.try_join_next().is_none(), "no connection was refused meanwhile");
            let answer = exchange(system.caller.addr(), get).await?;
            if answer.status != 200 {
                break answer;
            }
        };
        ensure!(is_refusal(&refused, 503, "UNAVAILABLE"), "{refused:?}");
        ensure!(refused.retry_after.is_some(), "{refused:?}");
        while let Some(answer) = asking.join_next().await {
            ensure!(answer??.status == 200, "a request at work lost its connection");
        }
        system.stop()
    });
}

#[test]
fn held_connections_leave_room_for_others() {
    walk(async {
        let changed = vec![
            ("SERVER__MAX_CONNECTIONS", "150".to_owned()),
            ("SERVER__MAX_CONNECTIONS_PER_ADDRESS", "100".to_owned()),
        ];
        let system = TestSystem::own(Store::Sqlite, changed).await?;
        let addr = system.caller.addr();
        for how in Hold::ALL {
            let held = Held::open(how, addr, STRANGER, 170).await;
            live_within(addr, HONEST, Duration::from_secs(1)).await.context(how.as_str())?;
            let more = Held::open(how, addr, HONEST, 170).await;
            let limit = if how.is_idle() { 1 } else { 15 };
            live_within(addr, HONEST, Duration::from_secs(limit)).await.context(how.as_str())?;
            drop((held, more));
        }
        system.stop()
    });
}
