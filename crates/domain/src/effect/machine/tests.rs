//! Compares the complete transition table of an effect with its expected text.

use jiff::SignedDuration;
use uuid::Uuid;

use super::*;
use crate::actor::{ActorKind, ActorRef};
use crate::audit::Subject;
use crate::effect::{
    CancelReason, Doubt, EffectId, EffectKey, EffectKind, Ordering, OrderingKey, Proof, UpstreamId,
    WhyNotSent,
};
use crate::payload::Payload;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
/// Past every settle time.
const LATER: Timestamp = Timestamp::constant(600, 0);

fn effect() -> Effect {
    let key = EffectKey { kind: EffectKind::of("Notice"), id: EffectId(Uuid::from_u128(1)) };
    let order = EffectOrder {
        key,
        subject: Subject::new("thing", "1"),
        ordering: Ordering::OneLive(OrderingKey::parse("1").unwrap()),
        upstream_id: UpstreamId::parse("U1").unwrap(),
        payload: Payload::new(1, []),
    };
    let by = ActorRef::new("idp", "agent", ActorKind::Human);
    Effect::planned(order, &Act::new(by, NOW, CorrelationId::parse("c").unwrap()))
}

fn worker() -> WorkerId {
    WorkerId("w".into())
}

fn standing(state: EffectState) -> Effect {
    Effect { state, ..effect() }
}

fn states() -> [Effect; 7] {
    [
        effect(),
        standing(EffectState::Sending { worker: worker(), lease_until: NOW }),
        standing(EffectState::Unknown { settles_at: NOW }),
        standing(EffectState::Confirmed),
        standing(EffectState::Rejected { code: UpstreamCode::parse("E").unwrap() }),
        standing(EffectState::Cancelled { reason: CancelReason::of("answered") }),
        standing(EffectState::Manual),
    ]
}

fn events() -> [(&'static str, EffectEvent); 18] {
    let refused = Outcome::Refused(UpstreamCode::parse("E").unwrap());
    [
        ("claimed", EffectEvent::Claimed(worker())),
        ("applied", EffectEvent::Answered(Outcome::Applied)),
        ("shown", EffectEvent::Answered(Outcome::Shown(Proof::LevelIsTarget))),
        ("refused", EffectEvent::Answered(refused)),
        ("not sent", EffectEvent::Answered(Outcome::NotSent(WhyNotSent::NoConnection))),
        ("not encodable", EffectEvent::Answered(Outcome::NotSent(WhyNotSent::NotEncodable))),
        ("not due", EffectEvent::Answered(Outcome::NotDue(NOW))),
        ("unknown", EffectEvent::Answered(Outcome::Unknown(Doubt::TimedOut))),
        ("withdrawn", EffectEvent::Answered(withdrawn())),
        ("lease lapsed", EffectEvent::LeaseLapsed),
        ("settled", EffectEvent::Settled),
        ("proven applied", EffectEvent::ProvenApplied),
        ("set aside", EffectEvent::SetAside),
        ("rescheduled", EffectEvent::Rescheduled(NOW)),
        ("taken over", EffectEvent::TakenOver),
        ("resolved as Confirmed", EffectEvent::Resolved(ManualOutcome::Confirmed)),
        ("resolved as Rejected", EffectEvent::Resolved(ManualOutcome::Rejected)),
        ("resolved as Planned", EffectEvent::Resolved(ManualOutcome::Planned)),
    ]
}

fn withdrawn() -> Outcome {
    Outcome::Withdrawn(CancelReason::of("answered"))
}

fn on(effect: &Effect, event: EffectEvent, now: Timestamp) -> Result<Effect, IllegalEffect> {
    effect.after(event, &EffectPolicy::standard(), now, Jitter::FULL)
}

#[test]
fn the_whole_table_is_this_and_nothing_else() {
    let mut drawn = Vec::new();
    for state in states() {
        for (name, event) in events() {
            if let Ok(next) = on(&state, event, LATER) {
                drawn.push(format!("{} --{name}--> {}", state.state.name(), next.state.name()));
            }
        }
    }
    let expected = [
        "Planned --claimed--> Sending",
        "Planned --proven applied--> Confirmed",
        "Planned --set aside--> Manual",
        "Planned --rescheduled--> Planned",
        "Sending --applied--> Confirmed",
        "Sending --shown--> Confirmed",
        "Sending --refused--> Rejected",
        "Sending --not sent--> Planned",
        "Sending --not encodable--> Manual",
        "Sending --not due--> Planned",
        "Sending --unknown--> Unknown",
        "Sending --withdrawn--> Cancelled",
        "Sending --lease lapsed--> Unknown",
        "Sending --set aside--> Manual",
        "Unknown --settled--> Planned",
        "Unknown --proven applied--> Confirmed",
        "Unknown --set aside--> Manual",
        "Unknown --taken over--> Manual",
        "Manual --proven applied--> Confirmed",
        "Manual --resolved as Confirmed--> Confirmed",
        "Manual --resolved as Rejected--> Rejected",
        "Manual --resolved as Planned--> Planned",
    ];
    assert_eq!(drawn, expected);
}

#[test]
fn a_claim_and_a_lapsed_lease_raise_the_fence_and_nothing_else_does() {
    for state in states() {
        for (name, event) in events() {
            if let Ok(next) = on(&state, event, NOW) {
                let raised = next.fence > state.fence;
                assert_eq!(raised, matches!(name, "claimed" | "lease lapsed"), "{name}");
            }
        }
    }
    let lease_until = NOW + SignedDuration::from_secs(30);
    let claimed = on(&effect(), EffectEvent::Claimed(worker()), NOW).unwrap();
    assert_eq!(claimed.state, EffectState::Sending { worker: worker(), lease_until });
}

#[test]
fn not_being_sent_waits_longer_each_time_and_never_costs_the_budget() {
    let mut effect = effect();
    let mut waits = Vec::new();
    for _ in 0..9 {
        effect = on(&effect, EffectEvent::Claimed(worker()), NOW).unwrap();
        let not_sent = Outcome::NotSent(WhyNotSent::NoConnection);
        effect = on(&effect, EffectEvent::Answered(not_sent), NOW).unwrap();
        waits.push(effect.state.next_attempt_at().unwrap().duration_since(NOW).as_secs());
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    assert_eq!((effect.ambiguous, effect.ambiguous_for), (0, SignedDuration::ZERO));
}

#[test]
fn each_doubt_after_the_first_waits_longer() {
    let unknown = || EffectEvent::Answered(Outcome::Unknown(Doubt::TimedOut));
    let mut effect = effect();
    let mut waits = Vec::new();
    for _ in 0..8 {
        effect = on(&effect, EffectEvent::Claimed(worker()), NOW).unwrap();
        effect = on(&effect, unknown(), NOW).unwrap();
        waits.push(effect.state.next_attempt_at().unwrap().duration_since(NOW).as_secs());
        effect = on(&effect, EffectEvent::Settled, NOW).unwrap();
    }
    assert_eq!(waits, [120, 121, 122, 124, 128, 136, 152, 180]);
    assert_eq!(effect.ambiguous, 8);
}

#[test]
fn eight_unknown_outcomes_or_an_hour_of_them_end_in_manual() {
    let unknown = || EffectEvent::Answered(Outcome::Unknown(Doubt::TimedOut));
    let mut effect = effect();
    for _ in 0..7 {
        effect = on(&effect, EffectEvent::Claimed(worker()), NOW).unwrap();
        effect = on(&effect, unknown(), NOW).unwrap();
        effect = on(&effect, EffectEvent::Settled, NOW).unwrap();
        assert_eq!(effect.state.name(), EffectStateName::Planned);
    }
    effect = on(&effect, EffectEvent::Claimed(worker()), NOW).unwrap();
    effect = on(&effect, unknown(), NOW).unwrap();
    let spent = on(&effect, EffectEvent::Settled, NOW).unwrap();
    assert_eq!(spent.state, EffectState::Manual);

    let mut once = states()[1].clone();
    once = on(&once, unknown(), NOW).unwrap();
    let hour_later = NOW + SignedDuration::from_mins(60);
    assert_eq!(on(&once, EffectEvent::Settled, hour_later).unwrap().state, EffectState::Manual);
}

#[test]
fn a_refusal_or_withdrawal_after_doubt_ends_in_manual() {
    let unknown = EffectEvent::Answered(Outcome::Unknown(Doubt::ConnectionLost));
    let mut effect = on(&states()[1], unknown, NOW).unwrap();
    effect = on(&effect, EffectEvent::Settled, NOW).unwrap();
    effect = on(&effect, EffectEvent::Claimed(worker()), NOW).unwrap();
    for outcome in [Outcome::Refused(UpstreamCode::parse("E").unwrap()), withdrawn()] {
        let next = on(&effect, EffectEvent::Answered(outcome), NOW).unwrap();
        assert_eq!(next.state, EffectState::Manual);
    }
}

#[test]
fn what_cannot_be_sent_for_too_long_is_given_up() {
    let hour = SignedDuration::from_hours(1);
    let policy = EffectPolicy { give_up_after: Some(hour), ..EffectPolicy::standard() };
    let because = |why, effect: &Effect, now| {
        let event = EffectEvent::Answered(Outcome::NotSent(why));
        effect.after(event, &policy, now, Jitter::FULL).unwrap().state.name()
    };
    let after = |effect: &Effect, now| because(WhyNotSent::NoConnection, effect, now);
    let sending = &states()[1];
    let just_before = NOW + hour - SignedDuration::from_micros(1);
    assert_eq!(after(sending, just_before), EffectStateName::Planned);
    assert_eq!(after(sending, NOW + hour), EffectStateName::Rejected);
    for tried in [WhyNotSent::Deferred, WhyNotSent::NotChecked] {
        assert_eq!(because(tried, sending, just_before), EffectStateName::Planned);
        assert_eq!(because(tried, sending, NOW + hour), EffectStateName::Rejected);
    }
    let patient = EffectPolicy { give_up_attempts: 3, ..policy };
    for (unsent, state) in [(1, EffectStateName::Planned), (2, EffectStateName::Rejected)] {
        let effect = Effect { unsent, ..sending.clone() };
        let event = EffectEvent::Answered(Outcome::NotSent(WhyNotSent::Deferred));
        let next = effect.after(event, &patient, NOW + hour, Jitter::FULL).unwrap();
        assert_eq!(next.state.name(), state, "an old one that was hardly tried is not given up");
    }
    let doubted = Effect { ambiguous: 1, ..sending.clone() };
    assert_eq!(after(&doubted, NOW + hour), EffectStateName::Manual);
    for not_tried in [WhyNotSent::LeaseOver, WhyNotSent::NotSupported] {
        let late = because(not_tried, sending, NOW + hour);
        assert_eq!(late, EffectStateName::Planned, "nobody has tried");
    }
}

#[test]
fn an_outage_between_two_unclear_outcomes_does_not_count() {
    let unknown = || EffectEvent::Answered(Outcome::Unknown(Doubt::TimedOut));
    let settled = NOW + SignedDuration::from_secs(120);
    let after_outage = settled + SignedDuration::from_hours(2);
    let mut effect = on(&states()[1], unknown(), NOW).unwrap();
    effect = on(&effect, EffectEvent::Settled, settled).unwrap();
    effect = on(&effect, EffectEvent::Claimed(worker()), after_outage).unwrap();
    effect = on(&effect, unknown(), after_outage).unwrap();
    let again = after_outage + SignedDuration::from_secs(121);
    effect = on(&effect, EffectEvent::Settled, again).unwrap();
    assert_eq!(effect.state.name(), EffectStateName::Planned);
    assert_eq!(effect.ambiguous_for, SignedDuration::from_secs(241));
}

#[test]
fn without_resending_nothing_is_ever_sent_twice() {
    let policy = EffectPolicy { on_unknown: OnUnknown::Manual, ..EffectPolicy::standard() };
    let unknown = &states()[2];
    let next = unknown.after(EffectEvent::Settled, &policy, NOW, Jitter::FULL).unwrap();
    assert_eq!(next.state, EffectState::Manual);
}

#[test]
fn nothing_is_tried_before_the_settle_time_is_over() {
    let sending = &states()[1];
    for event in
        [EffectEvent::LeaseLapsed, EffectEvent::Answered(Outcome::Unknown(Doubt::ConnectionLost))]
    {
        let next = sending.after(event, &EffectPolicy::standard(), NOW, Jitter::new(0.0)).unwrap();
        let wait = next.state.next_attempt_at().unwrap().duration_since(NOW);
        assert_eq!(wait, EffectPolicy::standard().settle);
    }
}

#[test]
fn people_take_over_what_is_unknown_for_the_settle_time() {
    let policy = EffectPolicy::standard();
    let unknown = states()[2].clone();
    let at = |seconds| NOW + SignedDuration::from_secs(seconds);
    assert!(on(&unknown, EffectEvent::TakenOver, at(119)).is_err());
    let taken = on(&unknown, EffectEvent::TakenOver, at(120)).unwrap();
    assert_eq!((taken.state, taken.ambiguous_for), (EffectState::Manual, policy.settle));
    // The newest attempt may still be applied, however long the ones before were in doubt.
    let again = Effect { ambiguous_for: SignedDuration::from_secs(100), ..unknown };
    assert!(on(&again, EffectEvent::TakenOver, at(119)).is_err());
    let taken = on(&again, EffectEvent::TakenOver, at(120)).unwrap();
    assert_eq!(taken.ambiguous_for, SignedDuration::from_secs(220));
}

#[test]
fn what_people_plan_again_is_still_in_doubt() {
    let manual = Effect { ambiguous: 8, unsent: 3, ..states()[6].clone() };
    let planned = on(&manual, EffectEvent::Resolved(ManualOutcome::Planned), LATER).unwrap();
    assert_eq!((planned.ambiguous, planned.unsent, planned.fence), (8, 0, manual.fence));
    let sending = on(&planned, EffectEvent::Claimed(worker()), LATER).unwrap();
    let refused = Outcome::Refused(UpstreamCode::parse("E").unwrap());
    for (outcome, state) in
        [(refused, EffectStateName::Manual), (withdrawn(), EffectStateName::Manual)]
    {
        let next = on(&sending, EffectEvent::Answered(outcome), LATER).unwrap();
        assert_eq!(next.state.name(), state);
    }
}

#[test]
fn what_is_rescheduled_is_as_young_as_on_the_first_day() {
    let old = Effect { unsent: 9, ..states()[1].clone() };
    let due = NOW + SignedDuration::from_hours(100);
    let later = on(&old, EffectEvent::Answered(Outcome::NotDue(due)), LATER).unwrap();
    assert_eq!(later.state, EffectState::Planned { due });
    assert_eq!((later.planned_at, later.unsent), (due, 0));
    let now = on(&later, EffectEvent::Rescheduled(NOW), LATER).unwrap();
    assert_eq!((now.state, now.planned_at), (EffectState::Planned { due: LATER }, LATER));
}

/// 500 ms are reserved beside the call.
#[test]
fn a_lease_leaves_time_for_a_call_and_two_commits() {
    let lease = SignedDuration::from_secs(30);
    let policy = EffectPolicy { lease, ..EffectPolicy::standard() };
    let longest = lease - SignedDuration::from_millis(500);
    assert!(policy.leaves_time_for(longest) && policy.leaves_time_for(SignedDuration::ZERO));
    assert!(!policy.leaves_time_for(longest + SignedDuration::from_nanos(1)));
    assert!(!policy.leaves_time_for(SignedDuration::MAX));
}

#[test]
fn jitter_is_a_share_of_the_wait_and_at_most_all_of_it() {
    let wait = std::time::Duration::from_secs(8);
    for (share, expected) in [(-1.0, 0), (0.0, 0), (0.25, 2), (1.0, 8), (7.0, 8)] {
        assert_eq!(Jitter::new(share).of(wait).as_secs(), expected, "{share}");
    }
}
