//! Property tests: invariants after any sequence of requests.

use jiff::SignedDuration;
use madoguchi_domain::effect::{EffectState, UpstreamCode};
use madoguchi_domain::upgrade::{
    Case, CaseId, CaseKey, CaseSnapshot, CheckSource, Command, Decision, Refusal, Request,
    StateName, Write, replan,
};
use proptest::prelude::*;

use crate::harness::DecisionHarness;
use crate::samples::{act_at, ask, asked_at, at, member, policy, reference};

/// One step of a random sequence.
#[derive(Debug, Clone)]
enum Step {
    /// A request to open; sometimes a retry of the newest open case's request.
    Open { again: bool },
    /// A checking service reports.
    Verify { key: Key, va: bool, reference: u8, passed: bool },
    /// The agent gives a verdict.
    Decide { key: Key, passed: bool },
    /// Time advances.
    Wait(u16),
    /// The core bank settles the open effects.
    Settle { confirmed: bool },
}

/// The kind of case key; the number selects an existing case.
#[derive(Debug, Clone, Copy)]
enum Key {
    Newest,
    Id(u8),
    Scanned(u8),
}

fn key() -> impl Strategy<Value = Key> {
    prop_oneof![
        3 => Just(Key::Newest),
        1 => any::<u8>().prop_map(Key::Id),
        1 => any::<u8>().prop_map(Key::Scanned),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => any::<bool>().prop_map(|again| Step::Open { again }),
        4 => (key(), any::<bool>(), 0_u8..4, any::<bool>()).prop_map(
            |(key, va, reference, passed)| Step::Verify { key, va, reference, passed }
        ),
        4 => (key(), any::<bool>()).prop_map(|(key, passed)| Step::Decide { key, passed }),
        2 => (0_u16..900).prop_map(Step::Wait),
        1 => any::<bool>().prop_map(|confirmed| Step::Settle { confirmed }),
    ]
}

/// The harness, its clock, and the number of created ids.
struct Story {
    harness: DecisionHarness,
    seconds: i64,
    ids: u128,
}

impl Story {
    fn new() -> Self {
        Self {
            harness: DecisionHarness::new((CheckSource::Edda, reference("R-0"))),
            seconds: 0,
            ids: 0,
        }
    }

    /// The request of a step, if it has one.
    fn request(&mut self, step: &Step) -> Option<Request> {
        let (key, command) = match step {
            Step::Open { again } => (Key::Newest, Command::Open { id: self.id(*again) }),
            Step::Verify { key, va, reference: number, passed } => {
                let source = if *va { CheckSource::Va } else { CheckSource::Edda };
                let reference = reference(&format!("R-{number}"));
                (*key, Command::Verify { source, reference, passed: *passed })
            }
            Step::Decide { key, passed } => (*key, Command::Decide { passed: *passed }),
            Step::Wait(seconds) => {
                self.seconds += i64::from(*seconds);
                return None;
            }
            Step::Settle { confirmed } => {
                let code = UpstreamCode::parse("E-CLOSED").unwrap();
                let rejected = EffectState::Rejected { code };
                let state = if *confirmed { EffectState::Confirmed } else { rejected };
                self.harness.settle(&state);
                return None;
            }
        };
        Some(Request { key: self.key(key), ..asked_at(ask(command), at(self.seconds)) })
    }

    fn id(&mut self, again: bool) -> CaseId {
        let newest = self.harness.cases.last().filter(|case| again && case.state.name().is_open());
        newest.map_or_else(
            || {
                self.ids += 1;
                CaseId::from_u128(self.ids)
            },
            |case| case.id,
        )
    }

    fn key(&self, key: Key) -> CaseKey {
        let (cases, codes) = (&self.harness.cases, &self.harness.codes);
        match key {
            Key::Id(pick) if !cases.is_empty() => {
                CaseKey::Id(cases[usize::from(pick) % cases.len()].id)
            }
            Key::Scanned(pick) if !codes.is_empty() => {
                CaseKey::Scanned(codes[usize::from(pick) % codes.len()].0)
            }
            Key::Newest | Key::Id(_) | Key::Scanned(_) => CaseKey::NewestOf(member().id),
        }
    }
}

/// Whether one request may move a case from one state to the other.
fn follows(from: StateName, to: StateName) -> bool {
    match from {
        StateName::New => matches!(to, StateName::EddaSuccess | StateName::EddaFailure),
        StateName::EddaSuccess => {
            matches!(to, StateName::CustomerSuccess | StateName::CustomerFailure)
        }
        StateName::EddaFailure | StateName::CustomerSuccess | StateName::CustomerFailure => false,
    }
}

/// A case before and after a request: unchanged, a new code, or one transition.
fn check_one_case(before: &Case, after: &Case) {
    if before == after {
        return;
    }
    let (from, to) = (before.state.name(), after.state.name());
    let reissued = from == StateName::New && to == from && after.qr.serial > before.qr.serial;
    let moved = follows(from, to) && after.qr == before.qr;
    assert!(reissued || moved, "{from} does not become {to}");
    assert!(from.is_open(), "a final case never changes");
    assert_eq!(after.version, before.version.next(), "a write raises the version by one");
    assert_eq!((after.id, after.attempt), (before.id, before.attempt));
}

fn check_upgrade(before: &DecisionHarness, after: &DecisionHarness) {
    for (before, after) in before.cases.iter().zip(&after.cases) {
        check_one_case(before, after);
    }
    assert!(after.cases.len() <= before.cases.len() + 1);
    let open = after.cases.iter().filter(|case| case.state.name().is_open()).count();
    assert!(open <= 1, "a member has one open case at most");
    for case in &after.cases {
        let passed = case.state.name() == StateName::CustomerSuccess;
        assert_eq!(after.effects.contains_key(&case.id), passed, "passed and only then an effect");
    }
    assert!(after.effects.len() <= after.cases.len());
}

/// A refusal writes at most its audit row; a grant returns the case after the change.
fn check_answer(decision: &Decision, harness: &DecisionHarness) {
    let write = decision.change.as_ref().map(|change| &change.write);
    match &decision.answer {
        Err(Refusal::Contradiction | Refusal::VerificationContradiction) => {
            assert_eq!(write, Some(&Write::Nothing));
        }
        Err(_) => assert_eq!(write, None),
        Ok(standing) => {
            assert_ne!(write, Some(&Write::Nothing));
            assert!(harness.cases.contains(&standing.case), "what is reported is what stands");
        }
    }
}

proptest! {
    #[test]
    fn no_sequence_of_requests_breaks_a_rule(
        steps in prop::collection::vec(step(), 0..60)
    ) {
        let mut story = Story::new();
        for step in &steps {
            let Some(request) = story.request(step) else { continue };
            let before = story.harness.clone();
            let decision = story.harness.ask(&request);
            check_upgrade(&before, &story.harness);
            check_answer(&decision, &story.harness);
        }
    }

    #[test]
    fn what_is_known_after_a_decision_is_what_a_store_gives_back(
        steps in prop::collection::vec(step(), 0..60)
    ) {
        let mut story = Story::new();
        for step in &steps {
            let Some(request) = story.request(step) else { continue };
            let Some(after) = story.harness.ask(&request).after else { continue };
            prop_assert_eq!(after, story.harness.load(&request).unwrap().snapshot);
        }
    }

    #[test]
    fn an_effect_is_planned_again_only_for_a_passed_case_that_lost_it_and_under_its_ids(
        steps in prop::collection::vec(step(), 0..60)
    ) {
        let mut story = Story::new();
        for step in &steps {
            if let Some(request) = story.request(step) {
                story.harness.ask(&request);
            }
        }
        let now = at(story.seconds) + SignedDuration::from_secs(60);
        let member = story.harness.member.clone();
        for case in &story.harness.cases {
            let effect = story.harness.effects.get(&case.id).cloned();
            let member = CaseSnapshot::of(member.clone());
            let whole = CaseSnapshot { case: Some(case.clone()), effect, ..member };
            prop_assert_eq!(replan(&whole, &policy(), &act_at(now)), None);
            let orphan = CaseSnapshot { effect: None, ..whole.clone() };
            let change = replan(&orphan, &policy(), &act_at(now));
            let planned = change.map(|change| change.effects[0].order.clone());
            prop_assert_eq!(planned, whole.effect.map(|effect| effect.order));
        }
    }
}
