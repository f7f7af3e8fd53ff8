//! Tests the order to the core bank: it reads back, and what follows from its outcome.

use jiff::SignedDuration;
use madoguchi_domain::consequence::Consequence;
use madoguchi_domain::effect::{
    Effect, EffectKey, EffectKind, EffectOrder, EffectPolicy, EffectState, OnUnknown,
};
use madoguchi_domain::payload::Payload;
use madoguchi_domain::upgrade::{CaseResult, GrantedCase, Guarantee, SetLevel, StateName};

use crate::samples::{ID, level, member, pursued, standing};

fn planned() -> Effect {
    pursued([]).effect.unwrap()
}

#[test]
fn an_order_reads_back_and_only_in_its_version_and_kind() {
    let order = planned().order;
    let read = SetLevel::parse(&order).unwrap();
    assert_eq!((read.case, &read.member, &read.level), (ID, &member().id, &level("1A")));
    assert_eq!(read.to_order(), order);
    let version = |version| {
        let payload = Payload { version, ..order.payload.clone() };
        EffectOrder { payload, ..order.clone() }
    };
    for (number, is_newer) in [(0, false), (1, false), (2, true)] {
        assert_eq!(SetLevel::is_newer(&version(number)), is_newer, "{number}");
        assert_eq!(SetLevel::parse(&version(number)).is_ok(), number == 1, "{number}");
    }
    let key = EffectKey { kind: EffectKind::of("Mail"), ..order.key.clone() };
    assert!(SetLevel::parse(&EffectOrder { key, ..order }).is_err());
}

#[test]
fn only_a_confirmed_order_makes_the_level_the_members() {
    let (member, level) = (member().id, level("1A"));
    let confirmed = Consequence::LevelConfirmed { member, level, manually: false };
    for (state, consequence) in [
        (EffectState::Confirmed, Some(confirmed)),
        (EffectState::Manual, None),
        (planned().state, None),
    ] {
        let after = Effect { state, ..planned() };
        assert_eq!(SetLevel::consequence(&after), Ok(consequence), "{:?}", after.state);
    }
}

#[test]
fn a_level_is_sent_again_only_under_a_guarantee() {
    let standard = EffectPolicy {
        give_up_after: Some(SignedDuration::from_mins(1)),
        on_unknown: OnUnknown::Resend,
        ..EffectPolicy::standard()
    };
    for (guarantee, on_unknown) in [
        (Guarantee::Dedupes, OnUnknown::Resend),
        (Guarantee::AbsoluteSet, OnUnknown::Resend),
        (Guarantee::None, OnUnknown::Manual),
    ] {
        let expected = EffectPolicy { on_unknown, give_up_after: None, ..standard };
        assert_eq!(guarantee.policy(standard), expected, "{guarantee:?}");
    }
}

#[test]
fn a_code_is_granted_only_for_a_new_case() {
    for state in StateName::ALL {
        let case = standing(state).case.unwrap();
        let qr = (state == StateName::New).then_some(case.qr);
        let granted = GrantedCase::from(CaseResult { case, opened: true });
        assert_eq!(granted, GrantedCase { case: ID, state, qr, opened: true });
    }
}
