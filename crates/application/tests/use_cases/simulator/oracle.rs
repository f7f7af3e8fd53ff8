//! The oracle: counts orders at the bank, reads every row, and reports violated invariants.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use madoguchi_domain::Timestamp;
use madoguchi_domain::audit::{Action, AuditEntry};
use madoguchi_domain::effect::{
    Effect, EffectPolicy, EffectStateName as Is, Evidence, Outcome, WhyNotSent,
};
use madoguchi_domain::upgrade::{StateName, Timeline};
use madoguchi_testkit::contract::audit_rows;
use madoguchi_testkit::samples;

use super::bank::Arrival;
use super::world::{CASES, World};

/// The result of a run, or the sum of all runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Verdict {
    pub(crate) trace: Vec<String>,
    pub(crate) violations: Vec<String>,
    pub(crate) faults: usize,
    pub(crate) crashes: usize,
    pub(crate) fenced_out: usize,
    /// Orders that arrived again.
    pub(crate) sent_again: usize,
    /// Cases confirmed by evidence of a worker that had lost its claim.
    pub(crate) proven_late: usize,
    /// Orders that were not sent because the lease was over.
    pub(crate) never_sent_late: usize,
    /// Effects that the bank showed applied when it was asked.
    pub(crate) shown: usize,
    /// Number of effects by final state.
    pub(crate) ends: BTreeMap<&'static str, usize>,
}

impl Verdict {
    /// Adds the counts of another run.
    pub(crate) fn add(&mut self, other: &Self) {
        self.faults += other.faults;
        self.crashes += other.crashes;
        self.fenced_out += other.fenced_out;
        self.sent_again += other.sent_again;
        self.proven_late += other.proven_late;
        self.never_sent_late += other.never_sent_late;
        self.shown += other.shown;
        for (end, count) in &other.ends {
            *self.ends.entry(end).or_default() += count;
        }
    }

    /// The counts as text.
    pub(crate) fn counts(&self) -> String {
        format!(
            "{} faults, {} crashes, {} fenced out, {} sent again, {} proven late, \
             {} not sent after the lease, {} shown applied; ends {:?}",
            self.faults,
            self.crashes,
            self.fenced_out,
            self.sent_again,
            self.proven_late,
            self.never_sent_late,
            self.shown,
            self.ends
        )
    }
}

/// One case at the end: its effect, timeline, orders at the bank and audit rows.
struct Ended {
    number: u32,
    effect: Effect,
    past: Timeline,
    arrived: Vec<Arrival>,
    audit: Vec<AuditEntry>,
    has_risen: bool,
}

pub(crate) async fn all_is_finished(world: &World) -> bool {
    for number in 1..=CASES {
        let effect = world.driver.newest(number).await.effect;
        let state = effect.map(|effect| effect.state.name());
        if !state.is_some_and(|state| state.is_settled() || state == Is::Manual) {
            return false;
        }
    }
    true
}

/// Checks every case of a finished run.
pub(crate) async fn judge(world: &World, journal: &[Arrival]) {
    audit_rows::verify(&world.driver.stores).await;
    let rows = audit_rows::rows(&world.driver.stores).await;
    for number in 1..=CASES {
        let known = world.driver.newest(number).await;
        let Some(effect) = known.effect else {
            world.accuse(format!("I11: case {number} never got its effect"));
            continue;
        };
        let case = samples::case_of(&effect);
        let about = rows.iter().map(|row| &row.entry);
        let about = about.filter(|entry| entry.subject == case.subject()).cloned();
        let arrived = journal.iter().filter(|arrival| arrival.order.case == case).cloned();
        let ended = Ended {
            number,
            effect,
            past: world.driver.timeline(case).await,
            arrived: arrived.collect(),
            audit: about.collect(),
            has_risen: known.member.confirmed == Some(samples::level("1A")),
        };
        ended.count(world);
        for broken in [ended.at_the_bank(), ended.in_our_rows(), ended.in_the_trail()].concat() {
            world.accuse(format!("{broken}: case {number}"));
        }
    }
}

impl Ended {
    fn count(&self, world: &World) {
        let end = self.effect.state.name().as_str();
        world.tell(&format!("case {} ends {end} with {:?}", self.number, self.effect.fence));
        let moves = self.moves();
        let proven = moves.windows(2).any(|pair| pair == [Is::Unknown, Is::Confirmed]);
        let late = self
            .past
            .evidence
            .iter()
            .filter(|seen| seen.outcome == Outcome::NotSent(WhyNotSent::LeaseOver))
            .count();
        world.note(|verdict| {
            *verdict.ends.entry(end).or_default() += 1;
            verdict.sent_again += self.arrived.len().saturating_sub(1);
            verdict.proven_late += usize::from(proven);
            verdict.never_sent_late += late;
            verdict.shown += usize::from(self.shown().is_some());
        });
    }

    /// When it was recorded that the bank showed the order applied.
    fn shown(&self) -> Option<Timestamp> {
        let is_shown = |seen: &&Evidence| matches!(seen.outcome, Outcome::Shown(_));
        self.past.evidence.iter().find(is_shown).map(|seen| seen.at)
    }

    /// I1, I2, I5: the orders at the bank.
    fn at_the_bank(&self) -> Vec<&'static str> {
        let mut broken = Vec::new();
        let ids = self.arrived.iter().map(|it| it.order.transaction_id.as_str());
        let ids: BTreeSet<_> = ids.collect();
        let foreign = self.arrived.iter().any(|it| it.order.to_order() != self.effect.order);
        if ids.len() > 1 || foreign {
            broken.push("I1: the bank saw another act");
        }
        let (applied, state) = (self.arrived.iter().any(|it| it.applied), self.effect.state.name());
        if applied && !matches!(state, Is::Confirmed | Is::Manual) {
            broken.push("I2: it was applied and we do not know");
        }
        let settle = EffectPolicy::standard().settle;
        let gaps = self.arrived.windows(2).map(|pair| pair[1].at.duration_since(pair[0].at));
        if gaps.into_iter().any(|gap: SignedDuration| gap < settle) {
            broken.push("I5: it was sent again before the settle time was over");
        }
        if self.shown().is_some_and(|shown| self.arrived.iter().any(|it| it.at > shown)) {
            broken.push("I5: it was sent again after the bank had shown its level");
        }
        broken
    }

    /// I3, I11: the stored rows.
    fn in_our_rows(&self) -> Vec<&'static str> {
        let mut broken = Vec::new();
        let state = self.effect.state.name();
        let proven = self.past.evidence.iter().any(|seen| seen.outcome.proves_applied());
        let applied = self.arrived.iter().any(|it| it.applied);
        let confirmed = state == Is::Confirmed;
        if confirmed && !(proven && applied) {
            broken.push("I3: it is confirmed without proof");
        }
        if self.has_risen != confirmed {
            broken.push("I3: the level and the effect differ");
        }
        if !(state.is_settled() || state == Is::Manual) {
            broken.push("I11: it is not finished");
        }
        broken
    }

    /// I7: one audit row for each transition, and only allowed transitions.
    fn in_the_trail(&self) -> Vec<&'static str> {
        let mut broken = Vec::new();
        let steps: Vec<_> = self.past.history.iter().map(|row| row.to).collect();
        if steps != [StateName::New, StateName::EddaSuccess, StateName::CustomerSuccess] {
            broken.push("I7: the history has another row");
        }
        let count = |action| self.audit.iter().filter(|row| row.action == action).count();
        if (count(Action::CASE_OPENED), count(Action::CASE_MOVED)) != (1, 2) {
            broken.push("I7: the case has another audit row");
        }
        let moves = self.moves();
        let path = [&[Is::Planned], moves.as_slice()].concat();
        if path.windows(2).any(|pair| !follows(pair[0], pair[1])) {
            broken.push("I7: the effect's audit rows are no path");
        }
        if path.last() != Some(&self.effect.state.name()) {
            broken.push("I7: the last audit row is not where the effect stands");
        }
        let claims = moves.iter().filter(|state| **state == Is::Sending).count();
        let lapses = self.audit.iter().filter(|row| is_lapse(row)).count();
        if usize::try_from(self.effect.fence.0) != Ok(claims + lapses) {
            broken.push("I7: the fence and the audit rows differ");
        }
        broken
    }

    /// The states of the effect, by its audit rows.
    fn moves(&self) -> Vec<Is> {
        let moves = self.audit.iter().filter(|row| row.action == Action::EFFECT_MOVED);
        moves.filter_map(|row| Is::parse(&row.detail)).collect()
    }
}

/// Whether the row records a lapsed lease.
fn is_lapse(row: &AuditEntry) -> bool {
    let unknown = row.action == Action::EFFECT_MOVED && row.detail == Is::Unknown.as_str();
    unknown && row.act.by.subject.starts_with("sweeper")
}

/// The effect's transition table, written independently of the domain.
fn follows(from: Is, to: Is) -> bool {
    match from {
        Is::Planned => matches!(to, Is::Sending | Is::Confirmed),
        Is::Sending => !matches!(to, Is::Sending | Is::Cancelled),
        Is::Unknown => matches!(to, Is::Planned | Is::Confirmed | Is::Manual),
        Is::Manual => to == Is::Confirmed,
        Is::Confirmed | Is::Rejected | Is::Cancelled => false,
    }
}
