//! The rules of resolutions, one by one.

use jiff::SignedDuration;

use super::*;
use crate::act::Act;
use crate::actor::ActorKind;
use crate::approval::FourEyes;
use crate::consequence::Consequence;
use crate::correlation::CorrelationId;
use crate::effect::{
    Effect, EffectId, EffectKind, EffectOrder, EffectPolicy, EffectState, EffectStateName,
    Evidence, FoundEffect, Ordering, OrderingKey, Outcome, UpstreamCode, UpstreamId, WorkerId,
};
use crate::level::AccountLevel;
use crate::member::MemberId;
use crate::payload::Payload;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn by(subject: &str, kind: ActorKind, second: i64) -> Act {
    let by = ActorRef::new("idp", subject, kind);
    let correlation = CorrelationId::parse("c").unwrap();
    Act::new(by, at(second), correlation)
}

fn ann(second: i64) -> Act {
    by("ann", ActorKind::Human, second)
}

fn bob(second: i64) -> Act {
    by("bob", ActorKind::Human, second)
}

/// An effect in this state since second 100.
fn found(state: EffectState) -> FoundEffect {
    let order = EffectOrder {
        key: EffectKey { kind: EffectKind::of("Notice"), id: EffectId(Uuid::from_u128(1)) },
        subject: Subject::new("thing", "1"),
        ordering: Ordering::OneLive(OrderingKey::parse("1").unwrap()),
        upstream_id: UpstreamId::parse("U1").unwrap(),
        payload: Payload::new(1, []),
    };
    let effect =
        Effect { state, fence: Fence(3), ambiguous: 3, ..Effect::planned(order, &ann(100)) };
    FoundEffect { effect, is_readable: true, attempts: Vec::new() }
}

fn manual() -> FoundEffect {
    found(EffectState::Manual)
}

fn level_confirmed(after: &Effect) -> Result<Option<Consequence>, InvalidField> {
    let level = AccountLevel::parse("1A")?;
    let member = MemberId::parse("MEM0001")?;
    let is_confirmed = after.state == EffectState::Confirmed;
    Ok(is_confirmed.then_some(Consequence::LevelConfirmed { member, level, manually: false }))
}

const POLICY: EffectPolicy = EffectPolicy::standard();

fn stuck<'a>(found: &'a FoundEffect, open: Option<&'a Resolution>) -> StuckEffect<'a> {
    StuckEffect {
        found,
        open,
        policy: &POLICY,
        consequence: &level_confirmed,
        is_contradicted: false,
    }
}

fn sample(outcome: ManualOutcome) -> ProposedOutcome {
    ProposedOutcome {
        outcome,
        reason: ResolutionReason::parse("the bank called").unwrap(),
        evidence: ResolutionEvidence::parse("statement 7").ok(),
    }
}

fn ids() -> NewResolutionIds {
    NewResolutionIds {
        resolution: ResolutionId(Uuid::from_u128(7)),
        data_key: DataKeyId(Uuid::from_u128(8)),
        salt: ContentSalt::new([9; 32]),
    }
}

const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn propose(
    stuck: &StuckEffect<'_>,
    outcome: ManualOutcome,
    act: &Act,
) -> Result<ResolutionDecision, ResolutionRefusal> {
    stuck.propose(sample(outcome), ids(), HOUR, act)
}

/// What ann proposed at second 200.
fn proposed(found: &FoundEffect, outcome: ManualOutcome) -> Resolution {
    propose(&stuck(found, None), outcome, &ann(200)).unwrap().1
}

/// What the changes write, as text.
fn drawn(changes: &[crate::change::Change<ResolutionWrite>]) -> Vec<String> {
    let draw = |change: &crate::change::Change<ResolutionWrite>| match &change.write {
        ResolutionWrite::Propose(new) => format!("propose {}", new.facts.outcome),
        ResolutionWrite::Close(facts) => facts.state.name().to_string(),
        ResolutionWrite::Move(moved) => format!("{} -> {}", moved.from, moved.after.state.name()),
    };
    changes.iter().map(draw).collect()
}

#[test]
fn one_person_proposes_and_another_approves() {
    let found = manual();
    for outcome in ManualOutcome::ALL {
        let (changes, proposal) = propose(&stuck(&found, None), outcome, &ann(200)).unwrap();
        assert_eq!(drawn(&changes), [format!("propose {outcome}")]);
        assert_eq!(proposal.facts.lapses_at, at(3800));
        let stuck = stuck(&found, Some(&proposal));
        let (changes, approved) = stuck.approve(proposal.content_hash(), &bob(300)).unwrap();
        let state = EffectStateName::parse(outcome.as_str()).unwrap();
        assert_eq!(drawn(&changes), [format!("Manual -> {state}"), "APPROVED".to_owned()]);
        assert_eq!(approved.facts.state.closed_by(), Some(&bob(300).by));
        let actions: Vec<_> = changes.iter().map(|it| it.audit.action.as_str()).collect();
        assert_eq!(actions, ["effect.moved", "resolution.approved"]);
    }
}

#[test]
fn what_two_people_confirm_is_marked_as_manual() {
    let (found, member) = (manual(), MemberId::parse("MEM0001").unwrap());
    let proposal = proposed(&found, ManualOutcome::Confirmed);
    let stuck = stuck(&found, Some(&proposal));
    let (changes, _) = stuck.approve(proposal.content_hash(), &bob(300)).unwrap();
    let ResolutionWrite::Move(moved) = &changes[0].write else { panic!("a transition is first") };
    let level = AccountLevel::parse("1A").unwrap();
    let expected = Consequence::LevelConfirmed { member, level, manually: true };
    assert_eq!(moved.consequence, Some(expected));
}

#[test]
fn nobody_approves_what_they_proposed_and_programs_do_nothing() {
    let found = manual();
    let proposal = proposed(&found, ManualOutcome::Rejected);
    let stuck = stuck(&found, Some(&proposal));
    let (hash, robot) = (proposal.content_hash(), by("robot", ActorKind::System, 300));
    let own = stuck.approve(hash, &ann(300));
    assert_eq!(own, Err(FourEyes::IsEditor.into()));
    // The same person through a back office is the same person.
    let through = ann(300).with_through(Some(robot.by.clone()));
    assert_eq!(stuck.approve(hash, &through), Err(FourEyes::IsEditor.into()));
    assert_eq!(stuck.approve(hash, &robot), Err(FourEyes::IsSystem.into()));
    assert_eq!(stuck.withdraw(&robot), Err(FourEyes::IsSystem.into()));
    let alone = super::tests::stuck(&found, None);
    assert_eq!(propose(&alone, ManualOutcome::Planned, &robot), Err(FourEyes::IsSystem.into()));
}

#[test]
fn what_was_not_seen_is_not_approved() {
    let found = manual();
    let proposal = proposed(&found, ManualOutcome::Rejected);
    let hash = proposal.content_hash();
    let other = Resolution { evidence: None, ..proposal.clone() };
    assert_ne!(other.content_hash(), hash);
    let refused = stuck(&found, Some(&proposal)).approve(other.content_hash(), &bob(300));
    assert_eq!(refused, Err(ResolutionRefusal::ContentMoved));
    // The effect was resolved, sent, and is stuck again.
    let mut again = manual();
    again.effect.fence = Fence(4);
    let refused = stuck(&again, Some(&proposal)).approve(hash, &bob(300));
    assert_eq!(refused, Err(ResolutionRefusal::ContentMoved));
}

#[test]
fn what_is_settled_or_proven_needs_nobody() {
    let code = UpstreamCode::parse("E").unwrap();
    let proposal = proposed(&manual(), ManualOutcome::Rejected);
    for state in [EffectState::Confirmed, EffectState::Rejected { code }] {
        let found = found(state);
        let stuck = stuck(&found, Some(&proposal));
        let late = stuck.approve(proposal.content_hash(), &bob(300));
        assert_eq!(late, Err(ResolutionRefusal::Settled));
        let new = propose(&super::tests::stuck(&found, None), ManualOutcome::Planned, &ann(300));
        assert_eq!(new, Err(ResolutionRefusal::Settled));
    }
    let mut proven = manual();
    let seen = Evidence::of(&proven.effect, WorkerId("w".into()), Outcome::Applied, at(250));
    proven.attempts.push(seen);
    for outcome in ManualOutcome::ALL {
        let refused = propose(&stuck(&proven, None), outcome, &ann(300));
        assert_eq!(refused, Err(ResolutionRefusal::Proven));
    }
    let late = stuck(&proven, Some(&proposal)).approve(proposal.content_hash(), &bob(300));
    assert_eq!(late, Err(ResolutionRefusal::Proven));
}

#[test]
fn what_the_other_system_shows_otherwise_is_not_confirmed() {
    let found = manual();
    let proposal = proposed(&found, ManualOutcome::Confirmed);
    let contradicted = |open| StuckEffect { is_contradicted: true, ..stuck(&found, open) };
    let refused = Err(ResolutionRefusal::Contradicted);
    let hash = proposal.content_hash();
    assert_eq!(contradicted(Some(&proposal)).approve(hash, &bob(300)), refused);
    assert_eq!(propose(&contradicted(None), ManualOutcome::Confirmed, &ann(300)), refused);
    assert!(propose(&contradicted(None), ManualOutcome::Rejected, &ann(300)).is_ok());
}

#[test]
fn a_long_unknown_is_taken_over_and_what_is_worked_on_is_not() {
    let unknown = found(EffectState::Unknown { settles_at: at(220) });
    let early = propose(&stuck(&unknown, None), ManualOutcome::Rejected, &ann(219));
    assert_eq!(early, Err(ResolutionRefusal::InProgress));
    let decided = propose(&stuck(&unknown, None), ManualOutcome::Rejected, &ann(220));
    let (changes, proposal) = decided.unwrap();
    assert_eq!(drawn(&changes), ["Unknown -> Manual", "propose Rejected"]);
    assert_eq!(proposal.facts.effect_since, at(220));
    for state in [
        EffectState::Planned { due: at(900) },
        EffectState::Sending { worker: WorkerId("w".into()), lease_until: at(900) },
    ] {
        let refused = propose(&stuck(&found(state), None), ManualOutcome::Rejected, &ann(900));
        assert_eq!(refused, Err(ResolutionRefusal::InProgress));
    }
}

#[test]
fn one_proposal_is_open_until_it_is_withdrawn_or_lapses() {
    let found = manual();
    let proposal = proposed(&found, ManualOutcome::Rejected);
    let stuck = stuck(&found, Some(&proposal));
    let again = |second| propose(&stuck, ManualOutcome::Planned, &bob(second));
    assert_eq!(again(3799), Err(ResolutionRefusal::Pending));
    assert_eq!(drawn(&again(3800).unwrap().0), ["LAPSED", "propose Planned"]);
    let late = stuck.approve(proposal.content_hash(), &bob(3800));
    assert_eq!(late, Err(ResolutionRefusal::NotFound));
    assert_eq!(stuck.withdraw(&bob(3800)), Err(ResolutionRefusal::NotFound));
    for act in [ann(300), bob(300)] {
        let (changes, withdrawn) = stuck.withdraw(&act).unwrap();
        assert_eq!(drawn(&changes), ["WITHDRAWN"]);
        assert_eq!(withdrawn.facts.state.closed_by(), Some(&act.by));
    }
}

#[test]
fn a_confirmation_needs_evidence() {
    let found = manual();
    let bare = |outcome| ProposedOutcome { evidence: None, ..sample(outcome) };
    let propose = |outcome| stuck(&found, None).propose(bare(outcome), ids(), HOUR, &ann(200));
    let refused = propose(ManualOutcome::Confirmed).unwrap_err();
    assert!(refused.to_string().contains("evidence"), "{refused}");
    assert!(propose(ManualOutcome::Rejected).is_ok());
    assert!(propose(ManualOutcome::Planned).is_ok());
}

#[test]
fn an_order_that_cannot_be_read_can_only_be_rejected() {
    let found = FoundEffect { is_readable: false, ..manual() };
    let planned = propose(&stuck(&found, None), ManualOutcome::Planned, &ann(200));
    assert_eq!(planned, Err(ResolutionRefusal::Unreadable));
    let unreadable = InvalidField::new("payload", "must be readable");
    let blind = |after: &Effect| match after.state == EffectState::Confirmed {
        true => Err(unreadable),
        false => Ok(None),
    };
    let stuck = StuckEffect { consequence: &blind, ..stuck(&found, None) };
    let confirmed = propose(&stuck, ManualOutcome::Confirmed, &ann(200));
    assert_eq!(confirmed, Err(ResolutionRefusal::Unreadable));
    assert!(propose(&stuck, ManualOutcome::Rejected, &ann(200)).is_ok());
}

#[test]
fn a_proven_order_that_cannot_be_read_can_only_be_confirmed() {
    let mut found = FoundEffect { is_readable: false, ..manual() };
    let seen = Evidence::of(&found.effect, WorkerId("w".into()), Outcome::Applied, at(150));
    found.attempts.push(seen);
    let unreadable = |_: &Effect| Err(InvalidField::new("payload", "must be readable"));
    let stuck = StuckEffect { consequence: &unreadable, ..stuck(&found, None) };
    for other in [ManualOutcome::Rejected, ManualOutcome::Planned] {
        assert_eq!(propose(&stuck, other, &ann(200)), Err(ResolutionRefusal::Proven));
    }
    let nothing_follows = |_: &Effect| Ok(None);
    let known = StuckEffect { consequence: &nothing_follows, ..stuck };
    assert!(propose(&known, ManualOutcome::Confirmed, &ann(200)).is_ok(), "nobody else can");
    let stuck = StuckEffect { consequence: &unreadable, ..known };
    let (_, open) = propose(&stuck, ManualOutcome::Confirmed, &ann(200)).unwrap();
    let stuck = StuckEffect { open: Some(&open), ..stuck };
    let (changes, _) = stuck.approve(open.content_hash(), &bob(300)).unwrap();
    let ResolutionWrite::Move(moved) = &changes[0].write else { panic!("it moves first") };
    assert_eq!((&moved.after.state, &moved.consequence), (&EffectState::Confirmed, &None));
}

#[test]
fn texts_have_bounds_and_are_never_printed() {
    let long = |count: usize| "客".repeat(count);
    for bad in ["", " ", "\u{3000}", "\u{200b}", "a\u{202e}b", "a\nb", "a\0b", &long(1001)] {
        assert!(ResolutionReason::parse(bad).is_err(), "{bad:?}");
        assert!(ResolutionEvidence::parse(bad).is_err(), "{bad:?}");
    }
    assert!(ResolutionReason::parse(&long(501)).is_err());
    let printed = format!("{:?}", proposed(&manual(), ManualOutcome::Rejected));
    assert!(!printed.contains("bank") && !printed.contains("statement"), "{printed}");
}

#[test]
fn an_answer_reads_back() {
    use crate::idempotency::Replayable;
    let written = WrittenResolution::from(&proposed(&manual(), ManualOutcome::Rejected));
    let payload = written.to_payload().unwrap();
    assert_eq!(WrittenResolution::from_payload(&payload), Ok(written));
    for name in ["resolution_id", "state", "content_hash"] {
        let broken = payload.clone().with(name, "canary");
        let error = WrittenResolution::from_payload(&broken).unwrap_err();
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}
