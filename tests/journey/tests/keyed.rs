//! Requests with an idempotency key act once, at one server and at two.

use std::sync::Arc;

use anyhow::{Context, ensure};
use madoguchi_journey::caller::{HttpAnswer, is_refusal};
use madoguchi_journey::crowd::work_through;
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::Store;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::{on_both_databases, tokens, walk};

on_both_databases!(
    sixty_four_requests_with_one_key_change_once,
    a_late_verdict_with_its_key_leaves_the_newer_case,
);

async fn decide(
    system: &TestSystem,
    member: &str,
    passed: bool,
    key: &str,
) -> anyhow::Result<HttpAnswer> {
    let agent = system.caller.with(tokens::DECIDE).with_idempotency_key(key);
    Ok(agent.decide_newest(member, passed).await?.untyped())
}

async fn sixty_four_requests_with_one_key_change_once(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let customer = Customer::verified(&system).await?;
    let (on, member) = (Arc::clone(&system), customer.member.clone());
    let key = format!("verdict on {member}").replace(' ', "-");
    let answers = work_through(64, vec![(); 64], move |()| {
        let (system, member, key) = (Arc::clone(&on), member.clone(), key.clone());
        async move { decide(&system, &member, true, &key).await }
    });
    let mut first = 0;
    for answer in answers.await? {
        let running = is_refusal(&answer, 409, "IDEMPOTENCY_IN_PROGRESS");
        ensure!(running || answer.status == 200, "{answer:?}");
        ensure!(!running || answer.retry_after == Some(1), "{answer:?}");
        first += usize::from(!running && !answer.is_replayed);
    }
    ensure!(first == 1, "{first} answers were not replayed");
    ensure!(customer.states(&system).await?.len() == 3, "one change");
    Ok(())
}

async fn a_late_verdict_with_its_key_leaves_the_newer_case(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let customer = Customer::verified(&system).await?;
    let key = format!("first-{}", customer.member);
    let first = decide(&system, &customer.member, false, &key).await?;
    ensure!(first.status == 200 && !first.is_replayed, "{first:?}");
    let mut newer = customer.clone();
    newer.open(&system).await?;
    let verified = system.caller.verify(&newer.case, &newer.case, true).await?;
    ensure!(verified.status == 200 && newer.case != customer.case, "{verified:?}");
    let late = decide(&system, &customer.member, false, &key).await?;
    ensure!(late.status == 200 && late.is_replayed && late.body == first.body, "{late:?}");
    ensure!(newer.states(&system).await? == ["New", "EDDASuccess"], "the newer case waits");
    let other = decide(&system, &customer.member, true, &key).await?;
    ensure!(is_refusal(&other, 422, "IDEMPOTENCY_KEY_REUSED"), "{other:?}");
    Ok(())
}

/// 32 requests at each of two servers, with one key each pair.
#[test]
fn two_servers_with_one_key_change_once() {
    walk(async {
        let dir = tempfile::tempdir()?;
        let database = tokio::task::block_in_place(|| Store::Postgres.database(dir.path()));
        let servers = [
            Arc::new(TestSystem::on(&database, Vec::new()).await?),
            Arc::new(TestSystem::on(&database, Vec::new()).await?),
        ];
        for number in 0..10 {
            let customer = Customer::registered(&servers[0]).await?;
            let (on, member) = (servers.clone(), customer.member.clone());
            let opened = work_through(64, (0..64).collect(), move |at: usize| {
                let (server, member) = (Arc::clone(&on[at % 2]), member.clone());
                async move {
                    let client = server.caller.with(tokens::OPEN);
                    let client = client.with_idempotency_key(&format!("open-{number}"));
                    Ok(client.open_upgrade(&member).await?)
                }
            });
            let opened = opened.await?;
            let cases: Vec<_> = opened.iter().filter(|answer| answer.status == 201).collect();
            let first = (*cases.first().context("one opened the case")?).clone();
            ensure!(cases.iter().all(|case| case.body == first.body), "one case, one code");
            // A request that reads the case just after it was opened repeats nothing, and is not
            // marked as a repetition.
            let case = first.data()?.case_id;
            let events = servers[0].caller.with(tokens::READ).timeline(&case).await?.data()?;
            ensure!(events.len() == 1, "{} changes", events.len());
            let running = |answer: &&HttpAnswer| is_refusal(answer, 409, "IDEMPOTENCY_IN_PROGRESS");
            let untyped: Vec<_> = opened.iter().map(|it| it.clone().untyped()).collect();
            let running = untyped.iter().filter(running).count();
            ensure!(cases.len() + running == 64, "{:?}", untyped.iter().find(|it| it.status > 299));
        }
        Ok(())
    });
}
