//! A seeded simulator: twenty passed cases, crashing workers, random faults of store and bank,
//! which answers inquiries in every second seed; then a time without faults, and an oracle that
//! checks the invariants at the bank.
//!
//! Every seed that ever failed is added to [`KEPT`].

mod bank;
mod chance;
mod oracle;
mod store;
mod world;

use std::collections::BTreeSet;

use oracle::Verdict;
use world::{Plant, live};

/// Number of seeds per test run, from 0.
const SEEDS: u64 = 200;
/// Further seeds that once violated an invariant.
const KEPT: [u64; 0] = [];

/// Runs the world of one seed.
fn simulate(seed: u64, plant: Plant) -> Verdict {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime for one thread is built");
    runtime.block_on(live(seed, plant))
}

#[test]
fn no_weather_breaks_an_invariant_and_all_is_finished_once_it_is_calm() {
    let mut all = Verdict::default();
    let mut broken = Vec::new();
    for seed in (0..SEEDS).chain(KEPT) {
        let verdict = simulate(seed, Plant::Nothing);
        let found = verdict.violations.iter().map(|what| format!("seed {seed}: {what}"));
        broken.extend(found);
        assert!(verdict.faults > 0, "seed {seed}: a run without a fault proves nothing");
        all.add(&verdict);
    }
    assert!(broken.is_empty(), "{} invariants broken:\n{}", broken.len(), broken.join("\n"));
    println!("{} seeds, {}: 0 lost, 0 doubled", SEEDS + KEPT.len() as u64, all.counts());
    let late = [all.proven_late, all.never_sent_late, all.shown];
    let rare = [&[all.crashes, all.fenced_out, all.sent_again][..], &late].concat();
    assert!(rare.iter().all(|count| *count > 0), "every kind of trouble was met: {rare:?}");
    let ends: BTreeSet<_> = all.ends.keys().copied().collect();
    assert_eq!(ends, BTreeSet::from(["Confirmed", "Manual", "Rejected"]));
}

#[test]
fn the_same_seed_is_the_same_story() {
    for seed in 0..10 {
        let (first, second) = (simulate(seed, Plant::Nothing), simulate(seed, Plant::Nothing));
        let differs = first.trace.iter().zip(&second.trace).find(|(one, other)| one != other);
        assert_eq!(differs, None, "seed {seed}");
        assert_eq!(first.trace.len(), second.trace.len(), "seed {seed}");
    }
}

#[test]
fn guards_that_are_taken_away_are_missed() {
    let plants = [(Plant::NoFence, "I6"), (Plant::NoSettleTime, "I5"), (Plant::FreshIds, "I1")];
    for (plant, invariant) in plants {
        let is_missed = |seed| {
            let violations = simulate(seed, plant).violations;
            violations.iter().any(|violation| violation.starts_with(invariant))
        };
        assert!((0..SEEDS).any(is_missed), "{plant:?} goes unnoticed");
    }
}
