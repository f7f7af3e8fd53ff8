//! Tests planning a missing effect: only for a passed case without one, with the same ids.

use madoguchi_domain::audit::Action;
use madoguchi_domain::change::Change;
use madoguchi_domain::effect::{Effect, EffectState};
use madoguchi_domain::upgrade::{CaseSnapshot, SetLevel, StateName, UpgradePolicy, Write, replan};

use crate::samples::{
    ID, act_at, at, claimed, level, lost, member, nothing_yet, policy, pursued, standing,
};

fn sweep(known: &CaseSnapshot, policy: &UpgradePolicy) -> Option<Change<Write>> {
    replan(known, policy, &act_at(at(900)))
}

#[test]
fn a_passed_case_without_an_effect_gets_the_one_it_was_decided_with() {
    let decided = standing(StateName::CustomerSuccess);
    let original = decided.effect.clone().unwrap();
    let orphan = CaseSnapshot { effect: None, ..decided };
    let change = sweep(&orphan, &policy()).unwrap();
    assert_eq!(change.audit.subject, ID.subject());
    assert_eq!(change.audit.action, Action::EFFECT_PLANNED);
    let target = level("1A");
    assert_eq!(change.write, Write::SetTarget { case: ID, member: member().id, target });
    let state = EffectState::Planned { due: at(900) };
    let again = Effect { state, planned_at: at(900), since: at(900), ..original };
    assert_eq!(change.effects, [again]);
}

#[test]
fn the_level_is_the_one_that_was_decided_whatever_the_bank_wants_now() {
    let orphan = CaseSnapshot { effect: None, ..standing(StateName::CustomerSuccess) };
    let policy = UpgradePolicy { target: level("2B"), ..policy() };
    let change = sweep(&orphan, &policy).unwrap();
    let order = SetLevel::parse(&change.effects[0].order).unwrap();
    assert_eq!(order.level, level("1A"));
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
