//! Clients that read cases, contacts and lists, and the times of their reads.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use madoguchi_journey::contacts::CONTACTS;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::tokens;
use tokio::task::JoinSet;

use crate::seeding::{EACH, person};

/// Clients that read, each one request after the other.
pub(crate) struct Readers {
    system: Arc<TestSystem>,
    cases: Arc<Vec<String>>,
    count: usize,
    persons: usize,
}

impl Readers {
    pub(crate) fn new(
        system: &Arc<TestSystem>,
        cases: Vec<String>,
        count: usize,
        applications: usize,
    ) -> Self {
        let (system, cases) = (Arc::clone(system), Arc::new(cases));
        Self { system, cases, count, persons: applications.div_ceil(EACH) }
    }

    /// Reads for so many seconds; the times, in ascending order.
    pub(crate) async fn read(&self, seconds: u64) -> anyhow::Result<Vec<Duration>> {
        let until = Instant::now() + Duration::from_secs(seconds);
        let mut readers = JoinSet::new();
        for reader in 0..self.count {
            let (system, cases, persons) =
                (Arc::clone(&self.system), Arc::clone(&self.cases), self.persons);
            readers.spawn(async move {
                let (mut times, mut number) = (Vec::new(), reader * 7_919);
                while Instant::now() < until {
                    let (path, token) = request(number, &cases, persons);
                    let began = Instant::now();
                    let answer = system.caller.get(&path, token).await?;
                    times.push(began.elapsed());
                    ensure!(answer.status == 200, "{path}: {answer:?}");
                    number += 1;
                }
                anyhow::Ok(times)
            });
        }
        let mut all = Vec::new();
        while let Some(times) = readers.join_next().await {
            all.extend(times??);
        }
        all.sort_unstable();
        Ok(all)
    }
}

/// Cases, lists of one person, and lists of all, in turns.
fn request(number: usize, cases: &[String], persons: usize) -> (String, &'static str) {
    match number % 4 {
        0 | 1 => (format!("/api/v1/upgrades/{}", cases[number % cases.len()]), tokens::READ),
        2 => {
            let whom = person(number * 31 % persons);
            (format!("{CONTACTS}?personId={whom}&limit=20"), tokens::CONTACT_READ)
        }
        _ => (format!("{CONTACTS}?type=NOTICE&limit=20"), tokens::CONTACT_READ),
    }
}

/// The 99th percentile of times in ascending order, in milliseconds.
pub(crate) fn p99_ms(times: &[Duration]) -> f64 {
    let at = (times.len() * 99 / 100).min(times.len().saturating_sub(1));
    times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}

pub(crate) fn median_ms(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}
