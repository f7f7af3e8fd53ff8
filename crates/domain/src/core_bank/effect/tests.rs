//! Compares the complete transition table of an effect with its expected text.

use jiff::SignedDuration;

use super::*;
use crate::core_bank::{Doubt, TransactionIdScheme, WhyNotSent};
use crate::level::AccountLevel;
use crate::member::Account;
use crate::secret::SecretKey;
use crate::upgrade::CaseId;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn effect() -> Effect {
    let (case, level) = (CaseId::from_u128(1), AccountLevel::parse("1A").unwrap());
    let scheme = TransactionIdScheme::standard(SecretKey::parse(&[1; 32]).unwrap());
    let (transaction_id, txn_no) = scheme.derive(case, &level);
    let Account { arrangement, product } = Account::parse("AA19337Z8L29", None).unwrap();
    let order = SetLevel { case, arrangement, product, level, transaction_id, txn_no };
    Effect::planned(order, MemberId::parse("M").unwrap(), NOW)
}

fn worker() -> WorkerId {
    WorkerId("w".into())
}

fn standing(state: EffectState) -> Effect {
    Effect { state, ..effect() }
}

fn states() -> [Effect; 6] {
    [
        effect(),
        standing(EffectState::Sending { worker: worker(), lease_until: NOW }),
        standing(EffectState::Unknown { settles_at: NOW }),
        standing(EffectState::Confirmed),
        standing(EffectState::Rejected { code: UpstreamCode::parse("E").unwrap() }),
        standing(EffectState::Manual),
    ]
}

fn events() -> [(&'static str, EffectEvent); 9] {
    let refused = Outcome::Refused(UpstreamCode::parse("E").unwrap());
    [
        ("claimed", EffectEvent::Claimed(worker())),
        ("applied", EffectEvent::Answered(Outcome::Applied)),
        ("refused", EffectEvent::Answered(refused)),
        ("not sent", EffectEvent::Answered(Outcome::NotSent(WhyNotSent::NoConnection))),
        ("not encodable", EffectEvent::Answered(Outcome::NotSent(WhyNotSent::NotEncodable))),
        ("unknown", EffectEvent::Answered(Outcome::Unknown(Doubt::TimedOut))),
        ("lease lapsed", EffectEvent::LeaseLapsed),
        ("settled", EffectEvent::Settled),
        ("proven applied", EffectEvent::ProvenApplied),
    ]
}

fn on(effect: &Effect, event: EffectEvent, now: Timestamp) -> Result<Effect, IllegalEffect> {
    effect.after(event, &EffectPolicy::standard(), now, Jitter::FULL)
}

#[test]
fn the_whole_table_is_this_and_nothing_else() {
    let mut drawn = Vec::new();
    for state in states() {
        for (name, event) in events() {
            if let Ok(next) = on(&state, event, NOW) {
                drawn.push(format!("{} --{name}--> {}", state.state.name(), next.state.name()));
            }
        }
    }
    let expected = [
        "Planned --claimed--> Sending",
        "Planned --proven applied--> Confirmed",
        "Sending --applied--> Confirmed",
        "Sending --refused--> Rejected",
        "Sending --not sent--> Planned",
        "Sending --not encodable--> Manual",
        "Sending --unknown--> Unknown",
        "Sending --lease lapsed--> Unknown",
        "Unknown --settled--> Planned",
        "Unknown --proven applied--> Confirmed",
        "Manual --proven applied--> Confirmed",
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
}

#[test]
fn not_being_sent_waits_longer_each_time_and_never_costs_the_budget() {
    let mut effect = effect();
    let mut waits = Vec::new();
    for _ in 0..9 {
        effect = on(&effect, EffectEvent::Claimed(worker()), NOW).unwrap();
        let not_sent = Outcome::NotSent(WhyNotSent::NoConnection);
        effect = on(&effect, EffectEvent::Answered(not_sent), NOW).unwrap();
        waits.push(effect.next_attempt_at().unwrap().duration_since(NOW).as_secs());
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    assert_eq!((effect.ambiguous, effect.ambiguous_for), (0, SignedDuration::ZERO));
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
fn a_refusal_after_an_unknown_outcome_ends_in_manual() {
    let unknown = EffectEvent::Answered(Outcome::Unknown(Doubt::ConnectionLost));
    let refused = EffectEvent::Answered(Outcome::Refused(UpstreamCode::parse("E").unwrap()));
    let mut effect = on(&states()[1], unknown, NOW).unwrap();
    effect = on(&effect, EffectEvent::Settled, NOW).unwrap();
    effect = on(&effect, EffectEvent::Claimed(worker()), NOW).unwrap();
    assert_eq!(on(&effect, refused, NOW).unwrap().state, EffectState::Manual);
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
fn without_a_guarantee_nothing_is_ever_sent_twice() {
    let policy = EffectPolicy { guarantee: Guarantee::None, ..EffectPolicy::standard() };
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
        let wait = next.next_attempt_at().unwrap().duration_since(NOW);
        assert_eq!(wait, EffectPolicy::standard().settle);
    }
}
