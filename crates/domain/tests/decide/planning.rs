//! Giving a passed case the effect it lacks: only then, and under the ids it always had.

use madoguchi_domain::actor::{ActorKind, ActorRef};
use madoguchi_domain::audit::{Action, Subject};
use madoguchi_domain::core_bank::{Effect, EffectState};
use madoguchi_domain::upgrade::{CaseSnapshot, Change, StateName, UpgradePolicy, Write, replan};

use crate::samples::{ID, at, claimed, level, lost, nothing_yet, policy, pursued, standing};

fn sweep(known: &CaseSnapshot, policy: &UpgradePolicy) -> Option<Change> {
    let sweeper = ActorRef::new("madoguchi", "sweeper", ActorKind::System);
    replan(known, policy, &sweeper, at(900))
}

#[test]
fn a_passed_case_without_an_effect_gets_the_one_it_was_decided_with() {
    let decided = standing(StateName::CustomerSuccess);
    let original = decided.effect.clone().unwrap();
    let orphan = CaseSnapshot { effect: None, ..decided };
    let change = sweep(&orphan, &policy()).unwrap();
    assert_eq!(change.audit.subject, Subject::Case(ID));
    assert_eq!(change.audit.action, Action::EffectPlanned);
    let Write::Plan { effect } = change.write else { panic!("an effect is planned") };
    let state = EffectState::Planned { due: at(900) };
    let again = Effect { state, planned_at: at(900), since: at(900), ..original };
    assert_eq!(*effect, again);
}

#[test]
fn the_level_is_the_one_that_was_decided_whatever_the_bank_wants_now() {
    let orphan = CaseSnapshot { effect: None, ..standing(StateName::CustomerSuccess) };
    let policy = UpgradePolicy { target: level("2B"), ..policy() };
    let Some(Write::Plan { effect }) = sweep(&orphan, &policy).map(|change| change.write) else {
        panic!("an effect is planned");
    };
    assert_eq!(effect.order.level, level("1A"));
}

#[test]
fn nothing_is_planned_for_a_case_that_has_not_passed_or_has_its_effect() {
    let others = StateName::ALL.into_iter().filter(|state| *state != StateName::CustomerSuccess);
    let mut known: Vec<CaseSnapshot> = others.map(standing).collect();
    known.extend([nothing_yet(), pursued([]), pursued([claimed()]), pursued([claimed(), lost()])]);
    for known in known {
        assert_eq!(sweep(&known, &policy()), None);
    }
}
