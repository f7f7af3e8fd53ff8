//! Tests the keys that a write takes for itself alone.

use madoguchi_domain::upgrade::{
    Attempt, CheckSource, QrTokenHash, Request, StateName, UniqueKey, Write,
};

use crate::samples::{
    ID, asked_at, at, decided, member, nothing_yet, open, policy, reference, standing, verdict,
    verify,
};

fn written(state: Option<StateName>, request: &Request) -> Write {
    let known = state.map_or_else(nothing_yet, standing);
    decided(&known, request).change.expect("it is granted").write
}

fn code(serial: u32) -> QrTokenHash {
    policy().qr.token(ID, serial).hash()
}

#[test]
fn each_write_takes_what_only_one_may_have() {
    let (new, checked) = (Some(StateName::New), Some(StateName::EddaSuccess));
    let reissue = asked_at(open(ID), at(601));
    let edda = |text| [UniqueKey::Check(CheckSource::Edda, reference(text))];
    let opened = [
        UniqueKey::Case(ID),
        UniqueKey::OpenCase(member().id),
        UniqueKey::Attempt(member().id, Attempt(1)),
        UniqueKey::Code(code(1)),
    ];
    let table: [(Option<StateName>, Request, &[UniqueKey]); 5] = [
        (None, open(ID), &opened),
        (new, reissue, &[UniqueKey::Code(code(2))]),
        (new, verify("R-1", true), &edda("R-1")),
        (checked, verify("R-2", true), &edda("R-2")),
        (checked, verdict(true), &[]),
    ];
    for (state, request, expected) in table {
        assert_eq!(written(state, &request).takes(), expected, "{:?}", request.command);
    }
}

/// A member may have another open case as soon as this one has ended, in whichever way.
#[test]
fn only_the_end_of_a_case_lets_its_member_open_another() {
    let ends = Some(UniqueKey::OpenCase(member().id));
    let (new, checked) = (Some(StateName::New), Some(StateName::EddaSuccess));
    let table = [
        (None, open(ID), None),
        (new, verify("R-1", true), None),
        (new, verify("R-1", false), ends.clone()),
        (checked, verdict(true), ends.clone()),
        (checked, verdict(false), ends),
    ];
    for (state, request, expected) in table {
        assert_eq!(written(state, &request).releases(), expected, "{:?}", request.command);
    }
}
