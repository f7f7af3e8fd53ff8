//! The server is killed or stopped under load: no verdict is lost or doubled.
#![expect(clippy::print_stdout, reason = "a seed that is not shown cannot be tried again")]

use std::sync::Arc;

use anyhow::ensure;
use madoguchi_journey::crowd::work_through;
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::Store;
use madoguchi_journey::kill_test::{AnnouncementKillTest, KeyedKillTest, KillTest, MailKillTest};
use madoguchi_journey::on_both_databases;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_testkit::samples::chance::Chance;

on_both_databases!(
    six_kills_among_200_verdicts_lose_nothing_and_double_nothing,
    six_kills_among_270_keys_act_on_none_twice,
    six_kills_among_150_mails_lose_none_and_double_none,
    three_kills_of_an_announcement_lose_no_mail_and_double_none,
    what_was_answered_before_an_orderly_stop_is_there_after_it,
);

async fn six_kills_among_200_verdicts_lose_nothing_and_double_nothing(
    store: Store,
) -> anyhow::Result<()> {
    let seed = Chance::any_seed();
    println!("seed {seed}");
    let system = Arc::new(TestSystem::own(store, Vec::new()).await?);
    let scenarios = &KillTest::SCENARIOS;
    let kill_test = KillTest { verdicts: 200, kills: 6, callers: 8, faults: 20, scenarios, seed };
    let report = kill_test.run(&system, |_| ()).await?;
    println!("{report}");
    ensure!(report.holds() && report.kills == 6, "seed {seed}: {report}");
    Ok(())
}

async fn six_kills_among_270_keys_act_on_none_twice(store: Store) -> anyhow::Result<()> {
    let seed = Chance::any_seed();
    println!("seed {seed}");
    let system = Arc::new(TestSystem::own(store, Vec::new()).await?);
    let test = KeyedKillTest { members: 30, kills: 6, clients: 8, seed };
    let report = test.run(&system, |_| ()).await?;
    println!("{report}");
    ensure!(report.holds() && report.kills == 6, "seed {seed}: {report}");
    Ok(())
}

async fn six_kills_among_150_mails_lose_none_and_double_none(store: Store) -> anyhow::Result<()> {
    let seed = Chance::any_seed();
    println!("seed {seed}");
    let system = Arc::new(TestSystem::own(store, Vec::new()).await?);
    let test = MailKillTest { contacts: 150, kills: 6, approvers: 8, faults: 40, seed };
    let report = test.run(&system, |_| ()).await?;
    println!("{report}");
    ensure!(report.holds() && report.kills == 6, "seed {seed}: {report}");
    Ok(())
}

async fn three_kills_of_an_announcement_lose_no_mail_and_double_none(
    store: Store,
) -> anyhow::Result<()> {
    let seed = Chance::any_seed();
    println!("seed {seed}");
    let slowly = vec![("CONTACTS__MAILS_PER_SECOND", "20".to_owned())];
    let system = Arc::new(TestSystem::own(store, slowly).await?);
    let report = AnnouncementKillTest { persons: 250, kills: 3, seed }.run(&system, |_| ()).await?;
    println!("{report}");
    ensure!(report.holds(), "seed {seed}: {report}");
    Ok(())
}

async fn what_was_answered_before_an_orderly_stop_is_there_after_it(
    store: Store,
) -> anyhow::Result<()> {
    let system = Arc::new(TestSystem::own(store, Vec::new()).await?);
    let on = Arc::clone(&system);
    let customers = work_through(16, vec![(); 120], move |()| {
        let system = Arc::clone(&on);
        async move { Customer::verified(&system).await }
    });
    let customers = customers.await?;
    let (on, reported) = (Arc::clone(&system), customers.clone());
    let telling = tokio::spawn(work_through(8, reported, move |customer: Customer| {
        let system = Arc::clone(&on);
        async move {
            let answer = system.caller.decide(&customer.member, true).await;
            Ok(answer.is_ok_and(|answer| answer.status == 200).then_some(customer))
        }
    }));
    while !system.log()?.contains("IVRCheckUpgradeAccount") {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    system.stop()?;
    let answered: Vec<Customer> = telling.await??.into_iter().flatten().collect();
    println!("{} of 120 were answered before the stop", answered.len());
    ensure!(!answered.is_empty(), "the stop came before the first answer");
    system.start_again().await?;
    for customer in &answered {
        let case = customer.settled(&system).await?;
        ensure!(case["coreBank"]["state"] == "Confirmed", "{case}");
    }
    let journal = system.world.journal().await?;
    for customer in &customers {
        let acts = journal.distinct(&customer.arrangement).len();
        let most = usize::from(customer.read(&system).await?["state"] == "CustomerSuccess");
        ensure!(acts <= most && (acts == 1 || !answered.contains(customer)), "{customer:?}");
    }
    Ok(())
}
