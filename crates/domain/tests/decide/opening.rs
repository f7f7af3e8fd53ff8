//! Tests opening a case: the first, the open one again, the next, and when it is refused.

use madoguchi_domain::audit::Action;
use madoguchi_domain::effect::EffectEvent;
use madoguchi_domain::member::Member;
use madoguchi_domain::upgrade::{
    Attempt, Case, CaseResult, CaseSnapshot, EventName, Refusal, State, StateName, Version, Write,
};

use crate::samples::{
    ID, OTHER, applied, asked_at, at, claimed, decided, level, lost, member, nothing_yet, open,
    policy, pursued, refused, reported, standing,
};

fn opened(attempt: i32) -> Case {
    Case {
        id: OTHER,
        member: member().id,
        attempt: Attempt(attempt),
        state: State::New,
        version: Version::FIRST,
        qr: policy().qr.issue(1, at(300)),
        opened_at: at(300),
    }
}

#[test]
fn the_first_case_is_attempt_one_with_a_code_and_a_row_of_history() {
    let decision = decided(&nothing_yet(), &open(OTHER));
    let case = opened(1);
    assert_eq!(decision.answer, Ok(CaseResult { case: case.clone(), opened: true }));
    let Some(Write::Open { case: written, qr, history }) = decision.change.map(|it| it.write)
    else {
        panic!("a first case is opened");
    };
    assert_eq!(*written, case);
    assert_eq!(qr, policy().qr.token(OTHER, 1).hash());
    let row = (history.case, history.from, history.to, history.why, history.act.at());
    assert_eq!(row, (OTHER, None, StateName::New, EventName::Opened, at(300)));
    assert_eq!(decision.after, Some(CaseSnapshot { case: Some(case), ..nothing_yet() }));
}

#[test]
fn a_new_attempt_after_a_failure_counts_on_and_forgets_the_old_effect() {
    let failed = [
        standing(StateName::EddaFailure),
        standing(StateName::CustomerFailure),
        pursued([claimed(), refused()]),
    ];
    for known in failed {
        let decision = decided(&known, &open(OTHER));
        assert_eq!(decision.answer, Ok(CaseResult { case: opened(2), opened: true }));
        assert_eq!(decision.after.unwrap().effect, None);
    }
}

#[test]
fn an_open_case_is_found_again_with_its_code() {
    for state in [StateName::New, StateName::EddaSuccess] {
        let known = standing(state);
        let decision = decided(&known, &open(OTHER));
        let case = known.case.clone().unwrap();
        assert_eq!(decision.answer, Ok(CaseResult { case, opened: false }));
        assert_eq!(decision.change, None);
    }
}

#[test]
fn asked_again_under_its_own_id_an_open_case_was_opened_by_that_request() {
    for state in [StateName::New, StateName::EddaSuccess] {
        let known = standing(state);
        let decision = decided(&known, &open(ID));
        let case = known.case.clone().unwrap();
        assert_eq!(decision.answer, Ok(CaseResult { case, opened: true }), "{state}");
        assert_eq!(decision.change, None);
    }
}

#[test]
fn an_id_is_never_given_to_a_second_case() {
    let finals = [
        standing(StateName::EddaFailure),
        standing(StateName::CustomerFailure),
        pursued([claimed(), refused()]),
    ];
    for known in finals {
        let state = known.case.as_ref().unwrap().state.name();
        let decision = decided(&known, &open(ID));
        assert_eq!(reported(&decision), format!("{state} (opened), nothing written"));
    }
}

#[test]
fn a_lapsed_code_of_a_new_case_is_replaced_by_the_next_one() {
    let known = standing(StateName::New);
    let late = asked_at(open(OTHER), at(600));
    let decision = decided(&known, &late);
    let qr = policy().qr.issue(2, at(600));
    let case = Case { qr, version: Version(2), ..known.case.clone().unwrap() };
    assert_eq!(decision.answer, Ok(CaseResult { case: case.clone(), opened: false }));
    let change = decision.change.unwrap();
    let hash = policy().qr.token(ID, 2).hash();
    let write = Write::ReissueQr { case: ID, expected: Version::FIRST, qr, hash };
    assert_eq!((change.write, change.audit.action), (write, Action::QR_REISSUED));
    assert_eq!(decision.after, Some(CaseSnapshot { case: Some(case), ..known.clone() }));

    let just_before = asked_at(late, at(600) - jiff::SignedDuration::from_micros(1));
    assert_eq!(reported(&decided(&known, &just_before)), "New, nothing written");
}

#[test]
fn a_lapsed_code_of_a_checked_case_is_needed_no_more() {
    let late = asked_at(open(OTHER), at(6000));
    let decision = decided(&standing(StateName::EddaSuccess), &late);
    assert_eq!(reported(&decision), "EDDASuccess, nothing written");
}

#[test]
fn a_passed_case_that_is_unfinished_at_the_core_bank_stands_in_the_way() {
    let unfinished = [
        CaseSnapshot { effect: None, ..pursued([]) },
        pursued([]),
        pursued([claimed()]),
        pursued([claimed(), lost()]),
        pursued([claimed(), lost(), EffectEvent::Settled]),
    ];
    let names: Vec<_> =
        unfinished.iter().map(|it| it.effect.as_ref().map(|e| e.state.name().as_str())).collect();
    let expected = [None, Some("Planned"), Some("Sending"), Some("Unknown"), Some("Manual")];
    assert_eq!(names, expected);
    for known in unfinished {
        let decision = decided(&known, &open(OTHER));
        assert_eq!((decision.answer, decision.change), (Err(Refusal::InProgress), None));
    }
}

#[test]
fn who_has_the_target_level_needs_no_case() {
    let has = |member: Member| CaseSnapshot { member, ..nothing_yet() };
    let confirmed = Member { confirmed: Some(level("1A")), ..member() };
    let registered = Member { registered: Some(level("1A")), ..member() };
    let done = CaseSnapshot { member: confirmed.clone(), ..pursued([claimed(), applied()]) };
    for known in [has(confirmed), has(registered), done] {
        let decision = decided(&known, &open(OTHER));
        assert_eq!((decision.answer, decision.change), (Err(Refusal::AtTarget), None));
    }
}

#[test]
fn a_level_that_is_only_wanted_or_another_one_is_not_the_target_reached() {
    let wanted = Member { target: Some(level("1A")), ..member() };
    let lowered =
        Member { registered: Some(level("1A")), confirmed: Some(level("0B")), ..member() };
    for member in [wanted, lowered] {
        let known = CaseSnapshot { member, ..nothing_yet() };
        assert_eq!(reported(&decided(&known, &open(OTHER))), "New (opened), case opened");
    }
}
