//! The primary database dies and its replica takes over in the middle of many verdicts.

use anyhow::ensure;
use madoguchi_journey::kill_test::FailOverTest;
use madoguchi_journey::replicated::ReplicatedSystem;
use madoguchi_journey::walk;
use madoguchi_testkit::samples::chance::Chance;

#[test]
fn a_synchronous_fail_over_loses_and_doubles_nothing() {
    walk(async {
        let seed = Chance::any_seed();
        println!("seed {seed}");
        let replicated = ReplicatedSystem::start(Vec::new()).await?;
        let test = FailOverTest { verdicts: 240, callers: 8, is_synchronous: true, seed };
        let report = test.run(&replicated, |said| println!("{said}")).await?;
        println!("{} answered, {} lost\n{}", report.answered, report.lost.len(), report.finally);
        ensure!(report.lost.is_empty(), "seed {seed}: lost {:?}", report.lost);
        ensure!(report.finally.holds() && report.finally.repeated > 0, "seed {seed}: {report:?}");
        Ok(())
    });
}

/// What the replica had not replayed is lost, and nothing else; given again, nothing is doubled.
#[test]
fn an_asynchronous_fail_over_loses_its_window_and_doubles_nothing() {
    walk(async {
        let seed = Chance::any_seed();
        println!("seed {seed}");
        let replicated = ReplicatedSystem::start(Vec::new()).await?;
        let test = FailOverTest { verdicts: 240, callers: 8, is_synchronous: false, seed };
        let report = test.run(&replicated, |said| println!("{said}")).await?;
        let (lost, window) = (report.lost.len(), report.window);
        println!("{lost} lost of {window} answered while the replica was away\n{}", report.finally);
        ensure!(0 < lost && lost <= window, "seed {seed}: {lost} lost of {window}");
        ensure!(report.finally.holds() && report.finally.repeated > 0, "seed {seed}: {report:?}");
        Ok(())
    });
}
