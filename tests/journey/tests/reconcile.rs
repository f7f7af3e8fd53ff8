//! An operator compares our levels with the bank's, and nothing changes.

use anyhow::ensure;
use madoguchi_client::RegisterMember;
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::Store;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::{on_both_databases, tokens};
use tokio::time::{Duration, sleep};

on_both_databases!(
    a_report_has_what_differs_and_what_is_in_progress,
    levels_that_agree_are_no_rows_and_exit_with_0,
    what_cannot_be_done_exits_with_2,
);

fn inquiring() -> Vec<(&'static str, String)> {
    vec![("ESB__INQUIRY", "true".to_owned()), ("EFFECTS__SETTLE_MS", "3600000".to_owned())]
}

/// Runs the command; returns its exit code, standard output and standard error.
fn reconcile(system: &TestSystem, options: &str) -> anyhow::Result<(Option<i32>, String, String)> {
    let name = format!("reconcile {options}");
    let ended = tokio::task::block_in_place(|| system.installation.run(name.trim_end()))?;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Ok((ended.status.code(), text(&ended.stdout), text(&ended.stderr)))
}

async fn confirmed(system: &TestSystem) -> anyhow::Result<Customer> {
    let customer = Customer::verified(system).await?;
    system.caller.decide(&customer.member, true).await?.data()?;
    let case = customer.settled(system).await?;
    ensure!(case["coreBank"]["state"] == "Confirmed", "{case}");
    Ok(customer)
}

async fn a_report_has_what_differs_and_what_is_in_progress(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::own(store, inquiring()).await?;
    confirmed(&system).await?;
    // Its arrangement has no level at the bank.
    let differs = Customer::stranger();
    let member = RegisterMember {
        level: Some("0A".to_owned()),
        ..RegisterMember::new(&differs.member, &differs.arrangement)
    };
    system.caller.with(tokens::MEMBER_WRITE).register(&member).await?.data()?;
    let waits = Customer::verified(&system).await?;
    system.world.play("applied_then_cut", &waits.arrangement, Some(1)).await?;
    system.caller.decide(&waits.member, true).await?.data()?;
    while system.world.journal().await?.acts(&waits.arrangement).is_empty() {
        sleep(Duration::from_millis(20)).await;
    }
    let before = system.world.journal().await?;
    let (code, shown, said) = reconcile(&system, "--rate 100")?;
    let mut rows: Vec<&str> = shown.lines().collect();
    rows[1..].sort_unstable();
    let mut expected =
        [format!("{},differs,0A,,", differs.member), format!("{},in_progress,,1A,", waits.member)];
    expected.sort_unstable();
    assert_eq!(rows, ["memberId,verdict,ourLevel,bankLevel,detail", &expected[0], &expected[1]]);
    assert_eq!(code, Some(1), "{said}");
    let summary = "3 members compared: 1 agree, 1 differ, 1 in progress, 0 could not be asked";
    ensure!(said.lines().any(|line| line == summary), "{said}");
    let after = system.world.journal().await?;
    for customer in [&differs, &waits] {
        let arrangement = &customer.arrangement;
        assert_eq!(after.acts(arrangement), before.acts(arrangement));
        assert_eq!(after.inquired(arrangement).len(), 1);
        ensure!(!said.contains(&customer.member) && !said.contains(arrangement), "{said}");
    }
    Ok(())
}

async fn levels_that_agree_are_no_rows_and_exit_with_0(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::own(store, inquiring()).await?;
    confirmed(&system).await?;
    Customer::registered(&system).await?;
    let (code, shown, said) = reconcile(&system, "--report report.csv")?;
    assert_eq!((code, shown.as_str()), (Some(0), ""), "{said}");
    let report = system.installation.config().with_file_name("report.csv");
    let report = std::fs::read_to_string(report)?;
    assert_eq!(report, "memberId,verdict,ourLevel,bankLevel,detail\n");
    let (code, _, said) = reconcile(&system, "--report report.csv")?;
    assert_eq!(code, Some(2), "a report is not overwritten");
    ensure!(said.contains("report.csv: give another name"), "{said}");
    Ok(())
}

async fn what_cannot_be_done_exits_with_2(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let (code, shown, said) = reconcile(&system, "")?;
    assert_eq!((code, shown.as_str()), (Some(2), ""));
    ensure!(said.contains("esb.inquiry is off"), "{said}");
    let (code, _, said) = reconcile(&system, "--rate 0")?;
    assert_eq!(code, Some(2));
    ensure!(said.contains("must be a whole number from 1 to 1000"), "{said}");
    Ok(())
}
