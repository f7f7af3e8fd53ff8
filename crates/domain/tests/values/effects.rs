//! What evidence and inquiries prove, and what a sweeper does about it.

use madoguchi_domain::Timestamp;
use madoguchi_domain::act::Act;
use madoguchi_domain::actor::{ActorKind, ActorRef};
use madoguchi_domain::audit::{Action, Subject};
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::effect::{
    CancelReason, Doubt, Effect, EffectEvent, EffectId, EffectKey, EffectKind, EffectPolicy,
    EffectState, EffectStateName, Evidence, FoundEffect, Inquired, Outcome, Overdue, Proof,
    UpstreamCode, WhyNotSent, WorkerId,
};
use uuid::Uuid;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn unreadable() -> Effect {
    let key = EffectKey { kind: EffectKind::of("Mail"), id: EffectId(Uuid::from_u128(1)) };
    Effect::unreadable(key, Subject::new("mail", "1"), &act("the-request"))
}

fn act(request: &str) -> Act {
    let by = ActorRef::new("madoguchi", "sweeper", ActorKind::System);
    let correlation = CorrelationId::parse(request).unwrap();
    Act::new(by, at(100), correlation)
}

fn evidence(outcome: Outcome) -> Evidence {
    Evidence::of(&unreadable(), WorkerId("w".into()), outcome, at(100))
}

#[test]
fn an_effect_that_cannot_be_read_is_in_doubt() {
    assert_eq!(unreadable().state, EffectState::Unknown { settles_at: at(100) });
    assert_eq!(unreadable().order.payload.version, 0, "no kind reads it");
}

#[test]
fn a_transition_is_audited_under_the_request_that_planned_it() {
    let effect = unreadable();
    let change = effect.set_aside::<()>(&EffectPolicy::standard(), &act("a-sweep")).unwrap();
    assert_eq!(change.audit.act, act("the-request"));
    assert_eq!((change.audit.action, &*change.audit.detail), (Action::EFFECT_MOVED, "Manual"));
    let write = change.write;
    assert_eq!((write.from, write.expected), (EffectStateName::Unknown, effect.fence));
    assert_eq!(write.after, Effect { state: EffectState::Manual, ..effect });
}

#[test]
fn evidence_of_an_inquiry_is_told_from_that_of_an_attempt() {
    // The outcome, whether it answers an inquiry, whether it is kept without the claim, and
    // whether it proves that the order is applied.
    let outcomes = [
        (Outcome::Applied, false, true, true),
        (Outcome::Shown(Proof::LevelIsTarget), true, true, true),
        (Outcome::Unknown(Doubt::LevelIsOther), true, false, false),
        (Outcome::Unknown(Doubt::LeaseLapsed), false, false, false),
        (Outcome::Unknown(Doubt::TimedOut), false, true, false),
        (Outcome::NotSent(WhyNotSent::Deferred), false, true, false),
        (Outcome::Refused(UpstreamCode::parse("E1").unwrap()), false, true, false),
    ];
    for (outcome, of_inquiry, is_kept, is_proof) in outcomes {
        let evidence = evidence(outcome.clone());
        assert_eq!(evidence.is_of_inquiry(), of_inquiry, "{outcome:?}");
        assert_eq!(evidence.is_kept_when_fenced_out(), is_kept, "{outcome:?}");
        let attempts = vec![evidence];
        let found = FoundEffect { effect: unreadable(), is_readable: false, attempts };
        assert_eq!(found.is_proven(), is_proof, "{outcome:?}");
    }
}

#[test]
fn only_an_inquiry_that_proves_it_confirms_an_effect() {
    let shown = Outcome::Shown(Proof::LevelIsTarget);
    let other = Outcome::Unknown(Doubt::LevelIsOther);
    let cases = [
        (Inquired::Answered(shown.clone()), EffectEvent::ProvenApplied, Some(shown)),
        (Inquired::Answered(other.clone()), EffectEvent::Settled, Some(other)),
        (Inquired::Unanswered(Doubt::TimedOut), EffectEvent::Settled, None),
        (Inquired::NotSupported, EffectEvent::Settled, None),
    ];
    for (inquired, event, evidence) in cases {
        assert_eq!((inquired.event(), inquired.evidence()), (event, evidence), "{inquired:?}");
    }
}

#[test]
fn a_sweeper_moves_what_is_over_or_proven() {
    let (lapsed, settled, proven) =
        (EffectEvent::LeaseLapsed, EffectEvent::Settled, EffectEvent::ProvenApplied);
    let sending =
        |until| EffectState::Sending { worker: WorkerId("w".into()), lease_until: at(until) };
    let unknown = |until| EffectState::Unknown { settles_at: at(until) };
    // The state, what is due at second 100, and what is due if it is proven to be applied.
    let cases = [
        (sending(100), Some(lapsed.clone()), Some(lapsed)),
        (sending(101), None, None),
        (unknown(100), Some(settled), Some(proven.clone())),
        (unknown(101), None, Some(proven.clone())),
        (EffectState::Planned { due: at(0) }, None, Some(proven.clone())),
        (EffectState::Manual, None, Some(proven)),
        (EffectState::Confirmed, None, None),
        (EffectState::Cancelled { reason: CancelReason::of("answered") }, None, None),
    ];
    for (state, due, due_if_proven) in cases {
        for (proven_applied, expected) in [(false, due), (true, due_if_proven)] {
            let effect = Effect { state: state.clone(), ..unreadable() };
            let overdue = Overdue { effect, proven_applied };
            assert_eq!(overdue.event(at(100)), expected, "{state:?} {proven_applied}");
        }
    }
}
