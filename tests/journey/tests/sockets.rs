//! Every raw-socket case against the real server, and what is written about them.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use anyhow::ensure;
use madoguchi_journey::crowd;
use madoguchi_journey::database::Store;
use madoguchi_journey::held::{Held, Hold, live_within};
use madoguchi_journey::sockets::{self, TIMEOUTS};
use madoguchi_journey::stage::Stage;
use madoguchi_journey::walk;

/// So many at once, and no answer is late because of the others.
const AT_ONCE: usize = 32;
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const HONEST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

#[test]
fn every_case_ends_as_its_table_says() {
    walk(async {
        let changed = TIMEOUTS.map(|(key, value)| (key, value.to_owned())).to_vec();
        let stage = Stage::own(Store::Sqlite, changed).await?;
        let addr = stage.caller.addr();
        let run = move |case: sockets::Case| async move { Ok(case.run(addr).await.err()) };
        let failed = crowd::work_through(AT_ONCE, sockets::cases(), run).await?;
        let failed: Vec<String> = failed.into_iter().flatten().map(|e| format!("{e:#}")).collect();
        ensure!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
        let log = stage.log()?;
        ensure!(!log.contains("\"level\":\"ERROR\""), "a stranger fills the log: {log}");
        let metrics = stage.metrics().await?;
        let counted = "madoguchi_http_malformed_requests_total{rule=\"host\"}";
        ensure!(metrics.contains(counted), "{metrics}");
        stage.stop()
    });
}

#[test]
fn the_table_in_the_docs_lists_every_case() {
    let cases = sockets::cases();
    let names: HashSet<_> = cases.iter().map(|case| (case.group, case.name)).collect();
    assert_eq!(names.len(), cases.len(), "a case stands twice");
    assert!(cases.len() >= 150, "{}", cases.len());
    let page = include_str!("../../../docs/sockets.md");
    assert!(
        page.ends_with(&sockets::table()),
        "docs/sockets.md must end with:\n{}",
        sockets::table()
    );
}

#[test]
fn held_connections_leave_room_for_others() {
    walk(async {
        let changed = vec![
            ("SERVER__CONNECTIONS", "150".to_owned()),
            ("SERVER__MAX_CONNECTIONS_PER_ADDRESS", "100".to_owned()),
        ];
        let stage = Stage::own(Store::Sqlite, changed).await?;
        let addr = stage.caller.addr();
        for how in Hold::ALL {
            let held = Held::open(how, addr, STRANGER, 170).await;
            live_within(addr, HONEST, Duration::from_secs(1)).await?;
            let more = Held::open(how, addr, HONEST, 170).await;
            let limit = if how.is_idle() { 1 } else { 15 };
            live_within(addr, HONEST, Duration::from_secs(limit)).await?;
            drop((held, more));
        }
        stage.stop()
    });
}
