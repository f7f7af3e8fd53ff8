//! The bank is asked for a level before an order is repeated: by its own journal, none is repeated
//! that it showed applied, none is lost and none doubled.
#![expect(clippy::print_stdout, reason = "a seed that is not shown cannot be tried again")]

use std::sync::Arc;

use anyhow::{Context, ensure};
use jiff::Timestamp;
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::Store;
use madoguchi_journey::kill_test::KillTest;
use madoguchi_journey::on_both_databases;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_sandbox::Journal;
use madoguchi_testkit::samples::chance::Chance;
use serde_json::Value;

on_both_databases!(
    of_1000_orders_none_is_repeated_that_the_bank_showed_applied,
    without_a_guarantee_an_inquiry_spares_people_the_work,
);

/// Faults that leave a doubt; the last applies the order after the inquiry.
const SCENARIOS: [&str; 6] =
    ["cut", "applied_then_cut", "applied_late:600", "slow:2200", "http_500", "applied_late:3000"];

async fn of_1000_orders_none_is_repeated_that_the_bank_showed_applied(
    store: Store,
) -> anyhow::Result<()> {
    let seed = Chance::any_seed();
    println!("seed {seed}");
    let system = Arc::new(TestSystem::own(store, inquiring()).await?);
    let test =
        KillTest { verdicts: 1350, kills: 0, callers: 8, faults: 40, scenarios: &SCENARIOS, seed };
    let report = test.run(&system, |_| ()).await?;
    let journal = system.world.journal().await?;
    let counts = counts(&journal)?;
    println!("{report}\n{counts:?}");
    ensure!(report.holds(), "seed {seed}: {report}");
    ensure!(counts.orders >= 1000, "seed {seed}: {counts:?}");
    ensure!(counts.shown > 50 && counts.again > 50, "seed {seed}: too few to prove it {counts:?}");
    ensure!(counts.again_although_shown == 0, "seed {seed}: {counts:?}");
    Ok(())
}

fn inquiring() -> Vec<(&'static str, String)> {
    // Many faults would open the circuit breaker, which has its own tests.
    let breaker = ("EFFECTS__BREAKER_FAILURES", "1000".to_owned());
    vec![("ESB__INQUIRY", "true".to_owned()), breaker]
}

/// What the bank received, over all arrangements.
#[derive(Debug, Default)]
struct Counts {
    /// Arrangements with an order.
    orders: usize,
    /// Orders that were received again.
    again: usize,
    inquiries: usize,
    /// Inquiries that showed the level of the order.
    shown: usize,
    /// Orders that were received after that.
    again_although_shown: usize,
}

fn counts(journal: &Journal) -> anyhow::Result<Counts> {
    let mut counts = Counts::default();
    for arrangement in journal.arrangements().collect::<std::collections::BTreeSet<_>>() {
        let (orders, inquiries) = (journal.received(arrangement), journal.inquired(arrangement));
        counts.orders += usize::from(!orders.is_empty());
        counts.again += orders.len().saturating_sub(1);
        counts.inquiries += inquiries.len();
        let Some(effect) = journal.effects(arrangement).first() else { continue };
        let set = at(effect)?;
        let inquiries = inquiries.iter().map(at).collect::<anyhow::Result<Vec<_>>>()?;
        let shown: Vec<_> = inquiries.into_iter().filter(|inquiry| *inquiry > set).collect();
        counts.shown += shown.len();
        for order in orders {
            let order = at(order)?;
            counts.again_although_shown += usize::from(shown.iter().any(|shown| order > *shown));
        }
    }
    Ok(counts)
}

/// When the world wrote it down: an inquiry's answer is read under the same lock.
fn at(entry: &Value) -> anyhow::Result<Timestamp> {
    entry["at"].as_str().context("an entry has a time")?.parse().context("at")
}

async fn without_a_guarantee_an_inquiry_spares_people_the_work(store: Store) -> anyhow::Result<()> {
    let changed = [inquiring(), vec![("ESB__GUARANTEE", "none".to_owned())]].concat();
    let system = TestSystem::own(store, changed).await?;
    for (scenario, state) in [("applied_then_cut", "Confirmed"), ("cut", "Manual")] {
        let customer = Customer::verified(&system).await?;
        system.world.play(scenario, &customer.arrangement, Some(1)).await?;
        system.caller.decide(&customer.member, true).await?.data()?;
        let case = customer.settled(&system).await?;
        ensure!(case["coreBank"]["state"] == state, "{scenario}: {case}");
        let journal = system.world.journal().await?;
        assert_eq!(journal.received(&customer.arrangement).len(), 1);
        assert_eq!(journal.inquired(&customer.arrangement).len(), 1);
        let timeline = customer.timeline(&system).await?;
        let details = timeline.as_array().context("a timeline is a list")?;
        let details = details.iter().filter_map(|entry| entry["detail"].as_str());
        let shown = if state == "Confirmed" { "level_is_target" } else { "level_is_other" };
        assert_eq!(details.collect::<Vec<_>>(), ["connection_lost", shown]);
    }
    Ok(())
}
