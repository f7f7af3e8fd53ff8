//! Lists are read from a replica while it is fresh, and from the primary otherwise.

use std::time::Duration;

use anyhow::{Context, ensure};
use madoguchi_client::Method;
use madoguchi_journey::api::Api;
use madoguchi_journey::caller::HttpAnswer;
use madoguchi_journey::contacts::{CONTACTS, Recipient, Staff, messages};
use madoguchi_journey::database::{Store, TestDatabase};
use madoguchi_journey::installation::Installation;
use madoguchi_journey::replicated::{ReplicatedSystem, until};
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::{tokens, walk};
use madoguchi_testkit::server::postgres::Cluster;
use serde_json::Value;

/// The lists that staff read, each with a token that may.
const LISTS: [(&str, &str); 5] = [
    (CONTACTS, tokens::CONTACT_READ),
    ("/api/v1/delivery-watch", tokens::DELIVERY_READ),
    ("/api/v1/effects", tokens::OPERATOR),
    ("/api/v1/resolutions", tokens::OPERATOR),
    ("/api/v1/announcements", tokens::CONTACT_READ),
];

fn states(list: &HttpAnswer) -> anyhow::Result<Vec<String>> {
    let data = list.data()?;
    let rows = data.as_array().context("a list")?;
    Ok(rows.iter().filter_map(|it| it["state"].as_str().map(str::to_owned)).collect())
}

async fn as_csv(system: &TestSystem, path: &str, token: &str) -> anyhow::Result<HttpAnswer> {
    let headers = [("Acstkn", token), ("Accept", "text/csv")];
    Ok(system.caller.call_with(Method::GET, path, &headers, &Value::Null).await?)
}

/// Lists show the replica, and everything else the primary: here while the replica replays nothing.
#[test]
fn lists_come_from_the_replica_and_nothing_else_does() {
    walk(async {
        let replicated = ReplicatedSystem::start(Vec::new()).await?;
        let system = &replicated.system;
        let person = Recipient::registered(system).await?;
        let (author, approver) = (Staff::person(system, "a"), Staff::person(system, "b"));
        let id = author.added(&person.request()).await?;
        replicated.caught_up().await?;
        replicated.lists_are_from_replica(true).await?;
        for (path, token) in LISTS {
            let list = system.caller.get(path, token).await?;
            ensure!(list.status == 200 && list.replica_lag_ms.is_some(), "{path}: {list:?}");
        }
        for (path, token) in &LISTS[..2] {
            let csv = as_csv(system, path, token).await?;
            ensure!(csv.status == 200 && csv.replica_lag_ms.is_some(), "{path}: {csv:?}");
        }
        replicated.replica.pause_replay();
        ensure!(approver.approves(&id).await?.status == 200, "decided on the primary");
        let read = author.send(Method::GET, &format!("{CONTACTS}/{id}"), &[], &Value::Null).await?;
        ensure!(read.replica_lag_ms.is_none(), "{read:?}");
        assert_eq!(read.data()?["state"], "VALID");
        assert_eq!(messages(system, &person.person).await?.len(), 1, "what the customer sees");
        let query = format!("personId={}", person.person);
        let list = author.lists(&query).await?;
        assert_eq!(states(&list)?, ["DRAFT"], "an older list, which says so");
        let first = list.replica_lag_ms.context("a lag")?;
        tokio::time::sleep(Duration::from_millis(2500)).await;
        let list = author.lists(&query).await?;
        assert_eq!(states(&list)?, ["DRAFT"]);
        let later = list.replica_lag_ms.context("a lag")?;
        ensure!(later >= first + 2500, "the lag grows by the time: {first}, {later}");
        // Nobody decides on what the list showed: the contact is approved already.
        let again = approver.approves(&id).await?;
        ensure!(again.status == 409, "{again:?}");
        replicated.replica.resume_replay();
        replicated.caught_up().await?;
        let list = author.lists(&query).await?;
        assert_eq!((states(&list)?.as_slice(), list.status), (&["VALID".to_owned()][..], 200));
        let series = |source| format!("madoguchi_list_reads_total{{source=\"{source}\"}}");
        ensure!(system.metric(&series("replica")).await? >= 10, "counted");
        let shown = system.metrics().await?;
        ensure!(shown.contains("madoguchi_replica_lag_seconds "), "{shown}");
        Ok(())
    });
}

/// A page of each, in turn.
#[test]
fn a_cursor_goes_on_in_either_database() {
    walk(async {
        let replicated = ReplicatedSystem::start(Vec::new()).await?;
        let system = &replicated.system;
        let person = Recipient::registered(system).await?;
        let staff = Staff::person(system, "a");
        let mut ids = Vec::new();
        for _ in 0..4 {
            ids.insert(0, staff.added(&person.request()).await?);
        }
        replicated.caught_up().await?;
        replicated.lists_are_from_replica(true).await?;
        let (mut shown, mut cursor) = (Vec::new(), String::new());
        for is_replica in [true, false, false, false] {
            let page = staff.lists(&format!("limit=1{cursor}")).await?;
            assert_eq!(page.replica_lag_ms.is_some(), is_replica);
            shown.extend(page.data()?[0]["contactId"].as_str().map(str::to_owned));
            cursor = page.next().map(|it| format!("&cursor={it}")).unwrap_or_default();
            if is_replica {
                replicated.replica.crash();
            }
        }
        assert_eq!(shown, ids);
        Ok(())
    });
}

#[test]
fn a_replica_that_is_far_behind_is_not_used() {
    walk(async {
        let changed = vec![("STORE__REPLICA_MAX_LAG_MS", "3000".to_owned())];
        let replicated = ReplicatedSystem::start(changed).await?;
        let system = &replicated.system;
        let person = Recipient::registered(system).await?;
        replicated.caught_up().await?;
        replicated.lists_are_from_replica(true).await?;
        let list = replicated.lists().await?;
        ensure!(list.replica_lag_ms.is_some_and(|lag| lag <= 3000), "{list:?}");
        replicated.replica.pause_replay();
        let staff = Staff::person(system, "a");
        staff.added(&person.request()).await?;
        replicated.lists_are_from_replica(false).await?;
        let list = replicated.lists().await?;
        assert_eq!(states(&list)?, ["DRAFT"], "the primary answers");
        until("it was said", async || Ok(replicated.warnings()? == ["behind"])).await?;
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_millis(700)).await;
            ensure!(staff.lists("limit=5").await?.replica_lag_ms.is_none(), "it stays so");
        }
        assert_eq!(replicated.warnings()?, ["behind"], "once");
        replicated.replica.resume_replay();
        replicated.lists_are_from_replica(true).await?;
        let list = replicated.lists().await?;
        assert_eq!(states(&list)?, ["DRAFT"]);
        Ok(())
    });
}

/// The server starts without it, too.
#[test]
fn a_replica_that_is_away_is_used_when_it_is_back() {
    walk(async {
        let replicated = ReplicatedSystem::start(Vec::new()).await?;
        let system = &replicated.system;
        let person = Recipient::registered(system).await?;
        Staff::person(system, "a").added(&person.request()).await?;
        replicated.caught_up().await?;
        replicated.lists_are_from_replica(true).await?;
        replicated.replica.crash();
        let list = replicated.lists().await?;
        ensure!(list.replica_lag_ms.is_none(), "the list that fails there: {list:?}");
        assert_eq!(states(&list)?, ["DRAFT"]);
        until("it was said", async || {
            Ok(replicated.warnings()?.last().is_some_and(|it| it == "unreachable"))
        })
        .await?;
        system.stop()?;
        system.start_again().await?;
        let list = replicated.lists().await?;
        ensure!(list.replica_lag_ms.is_none() && states(&list)? == ["DRAFT"], "{list:?}");
        replicated.replica.start_again();
        replicated.lists_are_from_replica(true).await?;
        let list = replicated.lists().await?;
        assert_eq!(states(&list)?, ["DRAFT"]);
        Ok(())
    });
}

#[test]
fn a_promoted_replica_is_not_used() {
    walk(async {
        let replicated = ReplicatedSystem::start(Vec::new()).await?;
        let system = &replicated.system;
        let person = Recipient::registered(system).await?;
        replicated.caught_up().await?;
        replicated.lists_are_from_replica(true).await?;
        replicated.replica.promote();
        replicated.lists_are_from_replica(false).await?;
        until("it was said", async || Ok(replicated.warnings()? == ["not_a_replica"])).await?;
        Staff::person(system, "a").added(&person.request()).await?;
        let list = replicated.lists().await?;
        assert_eq!(states(&list)?, ["DRAFT"], "it goes another way than the primary now");
        Ok(())
    });
}

/// The primary itself is no replica; another cluster, or another database, is a mistake.
#[test]
fn a_server_refuses_the_replica_of_another_database() {
    walk(async {
        let (primary, other) =
            tokio::task::block_in_place(|| (Cluster::shared(), Cluster::start_fast()));
        let (database, beside) = (primary.create_database(), primary.create_database());
        // The same name, so that only the cluster differs.
        let foreign = loop {
            let foreign = other.create_database();
            if foreign.name() == database.name() {
                break foreign;
            }
        };
        for url in [foreign.url(), beside.url()] {
            let dir = tempfile::tempdir()?;
            let changed = vec![("STORE__REPLICA_URL", url.to_owned())];
            let on = TestDatabase::Postgres(database.clone());
            let installation = Installation::new(dir.path(), &on, "http://127.0.0.1:9", changed)?;
            installation.migrate()?;
            let started = tokio::task::block_in_place(|| Api::start(&installation));
            let said = started.err().context("the server started")?.to_string();
            let hint = "store.replica_url names another database than store.url: give the URL";
            ensure!(said.contains("exit status: 1") && said.contains(hint), "{said}");
        }
        let itself = vec![("STORE__REPLICA_URL", database.url().to_owned())];
        let system = TestSystem::on(&TestDatabase::Postgres(database), itself).await?;
        let list = system.caller.get(CONTACTS, tokens::CONTACT_READ).await?;
        ensure!(list.status == 200 && list.replica_lag_ms.is_none(), "{list:?}");
        ensure!(system.log()?.contains("not_a_replica"), "it is said");
        Ok(())
    });
}

/// The outside world sees no difference.
#[test]
fn without_a_replica_no_list_has_a_lag() {
    walk(async {
        let system = TestSystem::shared(Store::Postgres).await?;
        for (path, token) in LISTS {
            let list = system.caller.get(path, token).await?;
            ensure!(list.status == 200 && list.replica_lag_ms.is_none(), "{path}: {list:?}");
        }
        ensure!(!system.log()?.contains("replica"), "no word of it");
        Ok(())
    });
}
