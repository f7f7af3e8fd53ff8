//! The server dies or is stopped while verdicts come in: nothing is lost, nothing is doubled.
#![expect(clippy::print_stdout, reason = "a seed that is not shown cannot be tried again")]

use std::sync::Arc;

use anyhow::ensure;
use madoguchi_journey::chance::Chance;
use madoguchi_journey::crowd::work_through;
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::Store;
use madoguchi_journey::on_both_databases;
use madoguchi_journey::ordeal::Ordeal;
use madoguchi_journey::stage::Stage;

on_both_databases!(
    six_kills_among_200_verdicts_lose_nothing_and_double_nothing,
    what_was_answered_before_an_orderly_stop_is_there_after_it,
);

async fn six_kills_among_200_verdicts_lose_nothing_and_double_nothing(
    store: Store,
) -> anyhow::Result<()> {
    let seed = Chance::any_seed();
    println!("seed {seed}");
    let stage = Arc::new(Stage::own(store, Vec::new()).await?);
    let ordeal = Ordeal { verdicts: 200, kills: 6, callers: 8, faults: 20, seed };
    let toll = ordeal.run(&stage, |_| ()).await?;
    println!("{toll}");
    ensure!(toll.holds() && toll.kills == 6, "seed {seed}: {toll}");
    Ok(())
}

async fn what_was_answered_before_an_orderly_stop_is_there_after_it(
    store: Store,
) -> anyhow::Result<()> {
    let stage = Arc::new(Stage::own(store, Vec::new()).await?);
    let on = Arc::clone(&stage);
    let customers = work_through(16, vec![(); 120], move |()| {
        let stage = Arc::clone(&on);
        async move { Customer::verified(&stage).await }
    });
    let customers = customers.await?;
    let (on, told) = (Arc::clone(&stage), customers.clone());
    let telling = tokio::spawn(work_through(8, told, move |customer: Customer| {
        let stage = Arc::clone(&on);
        async move {
            let answer = stage.caller.decide(&customer.member, true).await;
            Ok(answer.is_ok_and(|answer| answer.status == 200).then_some(customer))
        }
    }));
    while !stage.log()?.contains("IVRCheckUpgradeAccount") {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    stage.stop()?;
    let answered: Vec<Customer> = telling.await??.into_iter().flatten().collect();
    println!("{} of 120 were answered before the stop", answered.len());
    ensure!(!answered.is_empty(), "the stop came before the first answer");
    stage.start_again().await?;
    for customer in &answered {
        let case = customer.settled(&stage).await?;
        ensure!(case["coreBank"]["state"] == "Confirmed", "{case}");
    }
    let journal = stage.world.journal().await?;
    for customer in &customers {
        let acts = journal.distinct(&customer.arrangement).len();
        let most = usize::from(customer.read(&stage).await?["state"] == "CustomerSuccess");
        ensure!(acts <= most && (acts == 1 || !answered.contains(customer)), "{customer:?}");
    }
    Ok(())
}
