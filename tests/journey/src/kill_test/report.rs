//! The result of a kill test, computed from the bank's journal.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;

use crate::crowd::work_through;
use crate::test_system::TestSystem;
use madoguchi_sandbox::Journal;

use super::counts::{InjectedVerdict, KillCounts, PREPARERS};

/// The injected faults, and the outcome of the verdicts.
#[derive(Debug)]
pub struct KillReport {
    /// Number of kills.
    pub kills: u32,
    /// Number of kills that aborted requests.
    pub hits: u32,
    /// Number of retried requests.
    pub repeated: usize,
    /// Number of orders with an injected fault.
    pub faults: usize,
    /// Number of customers who passed.
    pub passed: usize,
    /// Number of customers who did not pass.
    pub failed: usize,
    /// Number of orders in flight when the server was killed.
    pub interrupted: usize,
    /// Number of repeated effects at the bank with the same level and transaction id.
    pub harmless: usize,
    /// Lost verdicts or orders, each with the actual state.
    pub lost: Vec<String>,
    /// Verdicts or orders with more than one effect, or an effect without a verdict.
    pub doubled: Vec<String>,
    /// Duration of the test.
    pub took: Duration,
}

/// One injected verdict with its case and timeline, read afterwards.
struct Verdict {
    injection: InjectedVerdict,
    case: Value,
    timeline: Value,
}

impl KillReport {
    pub(super) fn of(counts: &KillCounts, injections: &[InjectedVerdict], took: Duration) -> Self {
        let passed = injections.iter().filter(|injection| injection.passes).count();
        Self {
            kills: counts.kills.load(Ordering::SeqCst),
            hits: counts.hits.load(Ordering::SeqCst),
            repeated: counts.repeated.load(Ordering::SeqCst),
            faults: injections.iter().filter(|injection| injection.fault.is_some()).count(),
            passed,
            failed: injections.len() - passed,
            interrupted: 0,
            harmless: 0,
            lost: Vec::new(),
            doubled: Vec::new(),
            took,
        }
    }

    /// Whether nothing is lost or doubled, and at least one kill hit.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.lost.is_empty() && self.doubled.is_empty() && (self.kills == 0 || self.hits > 0)
    }

    pub(super) async fn judge(
        &mut self,
        system: &Arc<TestSystem>,
        injections: Vec<InjectedVerdict>,
    ) -> anyhow::Result<()> {
        let on = Arc::clone(system);
        let verdicts = work_through(PREPARERS, injections, move |injection: InjectedVerdict| {
            let system = Arc::clone(&on);
            async move {
                let case = injection.customer.read(&system).await?;
                let timeline = injection.customer.timeline(&system).await?;
                Ok(Verdict { injection, case, timeline })
            }
        });
        let verdicts = verdicts.await?;
        let journal = system.world.journal().await?;
        for verdict in &verdicts {
            self.interrupted += verdict.interrupted();
            self.lost.extend(verdict.lost(&journal));
            self.doubled.extend(verdict.doubled(&journal));
            let arrangement = &verdict.injection.customer.arrangement;
            let distinct = journal.distinct(arrangement).len();
            self.harmless += journal.acts(arrangement).len() - distinct;
        }
        let ours: BTreeSet<&str> = verdicts
            .iter()
            .map(|verdict| verdict.injection.customer.arrangement.as_str())
            .collect();
        let strange = journal.arrangements().filter(|arrangement| !ours.contains(arrangement));
        self.doubled.extend(strange.map(|it| format!("{it}: sent to the bank without a verdict")));
        Ok(())
    }
}

impl Verdict {
    fn state(&self) -> &'static str {
        self.injection.state()
    }

    fn entries(&self) -> &[Value] {
        self.timeline.as_array().map_or(&[], Vec::as_slice)
    }

    fn transitions(&self) -> Vec<&str> {
        self.entries().iter().filter_map(|entry| entry["to"].as_str()).collect()
    }

    fn interrupted(&self) -> usize {
        self.entries().iter().filter(|seen| seen["detail"] == "lease_lapsed").count()
    }

    fn lost(&self, journal: &Journal) -> Option<String> {
        let arrangement = &self.injection.customer.arrangement;
        if self.case["state"] != self.state() {
            return Some(format!("{arrangement}: answered, but the case is {}", self.case));
        }
        if !self.injection.passes {
            return None;
        }
        let id = self.case["coreBank"]["transactionId"].as_str().unwrap_or_default();
        let act = ("1A".to_owned(), id.to_owned());
        let confirmed = self.case["coreBank"]["state"] == "Confirmed";
        (!confirmed || !journal.distinct(arrangement).contains(&act)).then(|| {
            let acts = journal.acts(arrangement);
            format!("{arrangement}: the bank has {acts:?}, the case is {}", self.case)
        })
    }

    fn doubled(&self, journal: &Journal) -> Option<String> {
        let arrangement = &self.injection.customer.arrangement;
        let once = ["New", "EDDASuccess", self.state()];
        if self.transitions() != once {
            return Some(format!("{arrangement}: went {:?}", self.transitions()));
        }
        let most = usize::from(self.injection.passes);
        let distinct = journal.distinct(arrangement);
        (distinct.len() > most).then(|| format!("{arrangement}: the bank has {distinct:?}"))
    }
}

impl fmt::Display for KillReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kills, hits, repeated, faults, passed, failed, .. } = self;
        writeln!(f, "{kills} kills, {hits} of them in mid-request; {faults} faults at the bank")?;
        writeln!(
            f,
            "{passed} passed, {failed} did not; {repeated} requests sent again; {} orders \
             interrupted, {} repeated without harm; {:.1} s",
            self.interrupted,
            self.harmless,
            self.took.as_secs_f64()
        )?;
        for line in self.lost.iter().chain(&self.doubled) {
            writeln!(f, "  {line}")?;
        }
        let injected = *kills as usize + faults;
        let (lost, doubled) = (self.lost.len(), self.doubled.len());
        write!(f, "{injected} injected, {lost} lost, {doubled} doubled")?;
        if *kills > 0 && *hits == 0 {
            write!(f, "; NO KILL HIT, so this proves nothing")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::customer::Customer;

    fn verdict(passes: bool, state: &str, at_bank: &str, way: &[&str]) -> Verdict {
        let customer = Customer { arrangement: "AA1".to_owned(), ..Customer::stranger() };
        let mut entries: Vec<Value> = way.iter().map(|to| json!({ "to": to })).collect();
        entries.push(json!({ "detail": "lease_lapsed" }));
        Verdict {
            injection: InjectedVerdict { customer, passes, fault: None },
            case: json!({
                "state": state, "coreBank": { "state": at_bank, "transactionId": "T1" },
            }),
            timeline: Value::Array(entries),
        }
    }

    fn journal(ids: &[&str]) -> Journal {
        let act = |id| json!({ "arrangementId": "AA1", "level": "1A", "transactionId": id });
        let effects: Vec<Value> = ids.iter().map(act).collect();
        Journal::read(&json!({ "received": [], "effects": effects })).unwrap()
    }

    const PASSED: [&str; 3] = ["New", "EDDASuccess", "CustomerSuccess"];
    const FAILED: [&str; 3] = ["New", "EDDASuccess", "CustomerFailure"];

    #[test]
    fn a_verdict_that_took_effect_once_is_neither_lost_nor_doubled() {
        let passed = verdict(true, "CustomerSuccess", "Confirmed", &PASSED);
        for acts in [&["T1"][..], &["T1", "T1"]] {
            assert_eq!(passed.lost(&journal(acts)), None);
            assert_eq!(passed.doubled(&journal(acts)), None);
        }
        let failed = verdict(false, "CustomerFailure", "", &FAILED);
        assert_eq!((failed.lost(&journal(&[])), failed.doubled(&journal(&[]))), (None, None));
        assert_eq!(passed.interrupted(), 1);
    }

    #[test]
    fn whatever_is_missing_counts_as_lost() {
        let state = verdict(true, "EDDASuccess", "", &PASSED[..2]);
        assert!(state.lost(&journal(&["T1"])).is_some());
        let unsettled = verdict(true, "CustomerSuccess", "Unknown", &PASSED);
        assert!(unsettled.lost(&journal(&["T1"])).is_some());
        let passed = verdict(true, "CustomerSuccess", "Confirmed", &PASSED);
        assert!(passed.lost(&journal(&[])).is_some());
        assert!(passed.lost(&journal(&["T2"])).is_some());
    }

    #[test]
    fn whatever_is_too_much_counts_as_doubled() {
        let passed = verdict(true, "CustomerSuccess", "Confirmed", &PASSED);
        assert!(passed.doubled(&journal(&["T1", "T2"])).is_some());
        let failed = verdict(false, "CustomerFailure", "", &FAILED);
        assert!(failed.doubled(&journal(&["T1"])).is_some());
        let twice = [&PASSED[..], &["CustomerSuccess"]].concat();
        let twice = verdict(true, "CustomerSuccess", "Confirmed", &twice);
        assert!(twice.doubled(&journal(&["T1"])).is_some());
    }

    #[test]
    fn an_ordeal_in_which_no_kill_hit_shows_nothing() {
        let mut report = KillReport::of(&KillCounts::default(), &[], Duration::ZERO);
        assert!(report.holds());
        report.kills = 3;
        assert!(!report.holds() && report.to_string().contains("NO KILL HIT"));
        report.hits = 1;
        assert!(report.holds());
        report.lost.push("AA1: gone".to_owned());
        assert!(!report.holds() && report.to_string().ends_with("3 injected, 1 lost, 0 doubled"));
    }
}
