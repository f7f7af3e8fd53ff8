//! Tests check results: first, repeated, late, from a void QR code, and contradicting.

use madoguchi_domain::audit::Action;
use madoguchi_domain::upgrade::{
    Case, CaseKey, CaseSnapshot, Check, CheckSource, Command, Decision, EventName, FoundCase,
    QrIssue, Refusal, Request, State, StateName, Version, Write,
};

use crate::samples::{
    ID, OTHER, ask, asked_at, at, decided, decided_on, found_case, policy, reference, reported,
    standing, verify,
};

/// A check result from the scan of a code with this serial at this time.
fn scanned(known: CaseSnapshot, serial: u32, request: Request, seconds: i64) -> Decision {
    let key = CaseKey::Scanned(policy().qr.token(ID, serial).hash());
    let found = FoundCase { scanned: Some(serial), ..found_case(known) };
    decided_on(found, &Request { key, ..asked_at(request, at(seconds)) })
}

#[test]
fn a_first_report_moves_the_case_with_the_facts_of_the_check() {
    for (passed, why) in [(true, EventName::Verified), (false, EventName::NotVerified)] {
        let known = standing(StateName::New);
        let decision = decided(&known, &verify("R-1", passed));
        let check = Check { source: CheckSource::Edda, reference: reference("R-1"), at: at(300) };
        let state =
            if passed { State::EddaSuccess { check } } else { State::EddaFailure { check } };
        let to = state.name();
        let case = Case { state, version: Version(2), ..known.case.clone().unwrap() };
        let change = decision.change.unwrap();
        let Write::Move { after, from, history, check, target } = change.write else {
            panic!("a first report moves its case");
        };
        assert_eq!((*after, from), (case.clone(), StateName::New));
        assert_eq!(check, Some((CheckSource::Edda, reference("R-1"))));
        assert_eq!((target, change.effects), (None, vec![]));
        let row = (history.from, history.to, history.why, history.act.at());
        assert_eq!(row, (Some(StateName::New), to, why, at(300)));
        assert_eq!(decision.answer.unwrap().case, case);
        assert_eq!(decision.after, Some(CaseSnapshot { case: Some(case), ..known }));
    }
}

#[test]
fn the_other_source_reports_under_its_own_references() {
    let va = |passed| {
        let (source, reference) = (CheckSource::Va, reference("R-1"));
        ask(Command::Verify { source, reference, passed })
    };
    let decision = decided(&standing(StateName::New), &va(true));
    let case = decision.answer.unwrap().case;
    assert_eq!(case.state.check().map(|check| check.source), Some(CheckSource::Va));
    // EDDA's R-1 is not VA's R-1: it is no retry, so a void code is refused.
    let known = standing(StateName::EddaSuccess);
    assert_eq!(scanned(known, 1, va(true), 600).answer, Err(Refusal::QrExpired));
}

#[test]
fn a_report_that_another_case_holds_contradicts_in_every_state() {
    for state in StateName::ALL {
        let found = FoundCase { check_held_by: Some(OTHER), ..found_case(standing(state)) };
        for passed in [true, false] {
            let decision = decided_on(found.clone(), &verify("R-1", passed));
            assert_eq!(reported(&decision), "VerificationContradiction, audit row only", "{state}");
            let action = decision.change.map(|change| change.audit.action);
            assert_eq!(action, Some(Action::CONTRADICTION_REFUSED));
        }
    }
}

#[test]
fn a_report_that_this_case_holds_is_a_replay() {
    let known = found_case(standing(StateName::EddaSuccess));
    let found = FoundCase { check_held_by: Some(ID), ..known };
    assert_eq!(reported(&decided_on(found, &verify("R-1", true))), "EDDASuccess, nothing written");
}

#[test]
fn a_known_result_under_another_reference_adds_it() {
    let decision = decided(&standing(StateName::CustomerSuccess), &verify("R-2", true));
    let change = decision.change.unwrap();
    let check = (CheckSource::Edda, reference("R-2"));
    assert_eq!(change.write, Write::AddCheck { case: ID, check });
    assert_eq!((change.audit.action, &*change.audit.detail), (Action::CHECK_ADDED, "EDDA"));
    assert_eq!(decision.after, Some(standing(StateName::CustomerSuccess)));
    // Reported once more, the reference belongs to the case already.
    let known = found_case(standing(StateName::CustomerSuccess));
    let found = FoundCase { check_held_by: Some(ID), ..known };
    assert_eq!(decided_on(found, &verify("R-2", true)).change, None);
}

#[test]
fn a_valid_code_lets_the_first_report_through_until_it_lapses() {
    let report = verify("R-1", true);
    let scan = |seconds| reported(&scanned(standing(StateName::New), 1, report.clone(), seconds));
    assert_eq!(scan(599), "EDDASuccess, moved");
    assert_eq!(scan(600), "QrExpired, nothing written");
}

#[test]
fn a_code_that_a_newer_one_replaced_is_void_though_its_time_is_not_over() {
    let known = standing(StateName::New);
    let qr = QrIssue { serial: 2, ..known.case.as_ref().unwrap().qr };
    let known = CaseSnapshot { case: known.case.map(|case| Case { qr, ..case }), ..known };
    let scan = |serial| reported(&scanned(known.clone(), serial, verify("R-1", true), 10));
    assert_eq!(scan(1), "QrExpired, nothing written");
    assert_eq!(scan(2), "EDDASuccess, moved");
}

#[test]
fn a_void_code_still_brings_the_replay_of_the_deciding_check() {
    let decided_states = [
        (StateName::EddaSuccess, true),
        (StateName::EddaFailure, false),
        (StateName::CustomerSuccess, true),
        (StateName::CustomerFailure, true),
    ];
    for (state, passed) in decided_states {
        let known = standing(state);
        let qr = QrIssue { serial: 2, ..known.case.as_ref().unwrap().qr };
        let voided =
            CaseSnapshot { case: known.case.clone().map(|case| Case { qr, ..case }), ..known };
        for (known, serial, seconds) in [(standing(state), 1, 6000), (voided, 1, 10)] {
            let tell = |of: &str, passed| {
                reported(&scanned(known.clone(), serial, verify(of, passed), seconds))
            };
            assert_eq!(tell("R-1", passed), format!("{state}, nothing written"));
            assert_eq!(tell("R-1", !passed), "VerificationContradiction, audit row only");
            assert_eq!(tell("R-2", passed), "QrExpired, nothing written");
        }
    }
}

#[test]
fn a_report_by_case_id_does_not_ask_for_a_code() {
    let late = Request { key: CaseKey::Id(ID), ..asked_at(verify("R-1", true), at(6000)) };
    assert_eq!(reported(&decided(&standing(StateName::New), &late)), "EDDASuccess, moved");
}
