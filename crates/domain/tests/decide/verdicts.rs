//! Tests the agent's verdict: its transition, its effect, and refused contradictions.

use madoguchi_domain::audit::Action;
use madoguchi_domain::effect::{EffectState, Fence};
use madoguchi_domain::member::Member;
use madoguchi_domain::upgrade::{
    CaseKey, CaseSnapshot, EventName, Refusal, Request, SetLevel, StateName, UpgradePolicy,
    Version, Write, decide,
};

use crate::samples::{ID, at, decided, found_case, level, member, policy, standing, verdict};

#[test]
fn a_passed_verdict_plans_one_order_for_the_target_and_claims_no_level() {
    let known = standing(StateName::EddaSuccess);
    let decision = decided(&known, &verdict(true));
    let change = decision.change.unwrap();
    let Write::Move { after, from, history, check, target } = change.write else {
        panic!("a verdict moves its case");
    };
    assert_eq!((check, target), (None, Some(level("1A"))));
    assert_eq!((from, after.version), (StateName::EddaSuccess, Version(3)));
    assert_eq!((history.to, history.why), (StateName::CustomerSuccess, EventName::Passed));
    let [effect] = &change.effects[..] else { panic!("one effect is planned") };
    let (transaction_id, txn_no) = policy().transaction_ids.derive(ID, &level("1A"));
    let order = SetLevel::parse(&effect.order).unwrap();
    assert_eq!(order.member, member().id);
    assert_eq!(effect.correlation, verdict(true).act.correlation);
    assert_eq!(order.to_order(), effect.order, "nothing is lost on the way");
    assert_eq!((&order.transaction_id, &order.txn_no), (&transaction_id, &txn_no));
    assert_eq!((order.case, &order.level), (ID, &level("1A")));
    assert_eq!(order.arrangement, member().account.arrangement);
    assert_eq!(effect.state, EffectState::Planned { due: at(300) });
    assert_eq!((effect.fence, effect.ambiguous), (Fence(0), 0));

    let known = decision.after.unwrap();
    assert_eq!(known.member, Member { target: Some(level("1A")), ..member() });
    assert_eq!(known.member.level(), None);
    assert_eq!(known.effect.as_ref(), Some(effect));
}

#[test]
fn a_failed_verdict_is_an_ordinary_outcome_without_an_effect() {
    let decision = decided(&standing(StateName::EddaSuccess), &verdict(false));
    assert_eq!(decision.answer.unwrap().case.state.name(), StateName::CustomerFailure);
    let known = decision.after.unwrap();
    assert_eq!((known.effect, known.member), (None, member()));
}

#[test]
fn the_same_verdict_again_is_the_same_standing() {
    for (state, passed) in [(StateName::CustomerSuccess, true), (StateName::CustomerFailure, false)]
    {
        let known = standing(state);
        let decision = decided(&known, &verdict(passed));
        let standing = decision.answer.unwrap();
        assert_eq!((standing.case, standing.opened), (known.case.unwrap(), false));
        assert_eq!(decision.change, None);
    }
}

#[test]
fn the_opposite_verdict_is_refused_and_remembered() {
    for (state, passed) in [(StateName::CustomerSuccess, false), (StateName::CustomerFailure, true)]
    {
        let decision = decided(&standing(state), &verdict(passed));
        assert_eq!(decision.answer, Err(Refusal::Contradiction));
        let change = decision.change.unwrap();
        assert_eq!((change.write, change.audit.detail.as_ref()), (Write::Nothing, "verdict"));
        assert_eq!(change.audit.action, Action::CONTRADICTION_REFUSED);
    }
}

#[test]
fn a_bank_that_changed_its_target_does_not_change_what_was_decided() {
    let known = standing(StateName::CustomerSuccess);
    let policy = UpgradePolicy { target: level("2B"), ..policy() };
    let decision = decide(Some(found_case(known.clone())), &verdict(true), &policy);
    assert_eq!((decision.change, decision.after), (None, Some(known)));
}

#[test]
fn a_verdict_by_case_id_is_the_same_as_by_member() {
    for state in StateName::ALL {
        for passed in [true, false] {
            let by_id = Request { key: CaseKey::Id(ID), ..verdict(passed) };
            let known: CaseSnapshot = standing(state);
            assert_eq!(decided(&known, &by_id), decided(&known, &verdict(passed)));
        }
    }
}
