//! Tests the whole decision table: five states, every command, its answer and its write.

use madoguchi_domain::audit::Action;
use madoguchi_domain::upgrade::{CaseKey, Refusal, Request, StateName, Write, decide};

use crate::samples::{
    ID, OTHER, ask, at, decided, nothing_yet, open, policy, reported, standing, verdict, verify,
};

fn commands() -> [(&'static str, Request); 7] {
    [
        ("open", open(OTHER)),
        ("check R-1 passed", verify("R-1", true)),
        ("check R-1 failed", verify("R-1", false)),
        ("check R-2 passed", verify("R-2", true)),
        ("check R-2 failed", verify("R-2", false)),
        ("agent passes", verdict(true)),
        ("agent fails", verdict(false)),
    ]
}

#[test]
fn the_whole_table_is_this_and_nothing_else() {
    let mut drawn = String::new();
    for state in StateName::ALL {
        for (name, request) in commands() {
            let reported = reported(&decided(&standing(state), &request));
            drawn.push_str(&format!("{state} | {name} | {reported}\n"));
        }
    }
    let expected = "\
New | open | New, nothing written
New | check R-1 passed | EDDASuccess, moved
New | check R-1 failed | EDDAFailure, moved
New | check R-2 passed | EDDASuccess, moved
New | check R-2 failed | EDDAFailure, moved
New | agent passes | NotVerified, nothing written
New | agent fails | NotVerified, nothing written
EDDASuccess | open | EDDASuccess, nothing written
EDDASuccess | check R-1 passed | EDDASuccess, nothing written
EDDASuccess | check R-1 failed | VerificationContradiction, audit row only
EDDASuccess | check R-2 passed | EDDASuccess, reference added
EDDASuccess | check R-2 failed | VerificationContradiction, audit row only
EDDASuccess | agent passes | CustomerSuccess, moved with an effect
EDDASuccess | agent fails | CustomerFailure, moved
EDDAFailure | open | New (opened), case opened
EDDAFailure | check R-1 passed | VerificationContradiction, audit row only
EDDAFailure | check R-1 failed | EDDAFailure, nothing written
EDDAFailure | check R-2 passed | VerificationContradiction, audit row only
EDDAFailure | check R-2 failed | EDDAFailure, reference added
EDDAFailure | agent passes | NotVerified, nothing written
EDDAFailure | agent fails | NotVerified, nothing written
CustomerSuccess | open | InProgress, nothing written
CustomerSuccess | check R-1 passed | CustomerSuccess, nothing written
CustomerSuccess | check R-1 failed | VerificationContradiction, audit row only
CustomerSuccess | check R-2 passed | CustomerSuccess, reference added
CustomerSuccess | check R-2 failed | VerificationContradiction, audit row only
CustomerSuccess | agent passes | CustomerSuccess, nothing written
CustomerSuccess | agent fails | Contradiction, audit row only
CustomerFailure | open | New (opened), case opened
CustomerFailure | check R-1 passed | CustomerFailure, nothing written
CustomerFailure | check R-1 failed | VerificationContradiction, audit row only
CustomerFailure | check R-2 passed | CustomerFailure, reference added
CustomerFailure | check R-2 failed | VerificationContradiction, audit row only
CustomerFailure | agent passes | Contradiction, audit row only
CustomerFailure | agent fails | CustomerFailure, nothing written
";
    assert_eq!(drawn, expected);
}

#[test]
fn a_member_without_a_case_can_only_open_one() {
    for (name, request) in commands() {
        let expected = match name {
            "open" => "New (opened), case opened",
            _ => "CaseNotFound, nothing written",
        };
        assert_eq!(reported(&decided(&nothing_yet(), &request)), expected, "{name}");
    }
}

#[test]
fn who_is_not_known_is_told_what_was_looked_for() {
    let code = policy().qr.token(ID, 1).hash();
    let keys = [
        (ask(verdict(true).command).key, Refusal::MemberNotFound),
        (CaseKey::Id(ID), Refusal::CaseNotFound),
        (CaseKey::Scanned(code), Refusal::CaseNotFound),
    ];
    for (key, refusal) in keys {
        for (_, request) in commands() {
            let decision = decide(None, &Request { key: key.clone(), ..request }, &policy());
            assert_eq!(decision.answer, Err(refusal));
            assert_eq!((decision.change, decision.after), (None, None));
        }
    }
}

#[test]
fn what_changes_nothing_leaves_everything_as_it_was_known() {
    for state in StateName::ALL {
        let known = standing(state);
        for (name, request) in commands() {
            let decision = decided(&known, &request);
            let reported = reported(&decision);
            if reported.ends_with("nothing written") || reported.ends_with("audit row only") {
                assert_eq!(decision.after, Some(known.clone()), "{state} {name}");
            }
        }
    }
}

#[test]
fn every_change_is_audited_with_who_when_and_in_which_request() {
    for state in StateName::ALL {
        for (name, request) in commands() {
            let Some(change) = decided(&standing(state), &request).change else { continue };
            let id = if name == "open" { OTHER } else { ID };
            assert_eq!(change.audit.subject, id.subject(), "{state} {name}");
            assert_eq!(change.audit.act, request.act);
            assert_eq!(change.audit.act.at(), at(300));
            let action = match change.write.case() {
                None => Action::CONTRADICTION_REFUSED,
                Some(_) if matches!(change.write, Write::AddCheck { .. }) => Action::CHECK_ADDED,
                Some(_) if name == "open" => Action::CASE_OPENED,
                Some(_) => Action::CASE_MOVED,
            };
            assert_eq!(change.audit.action, action, "{state} {name}");
        }
    }
}
