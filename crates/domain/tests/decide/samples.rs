//! Sample data: one member, its case in every state, and the commands on it.

use jiff::SignedDuration;
use madoguchi_domain::Timestamp;
use madoguchi_domain::act::Act;
use madoguchi_domain::actor::{ActorKind, ActorRef};
use madoguchi_domain::change::Change;
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::effect::{
    Doubt, Effect, EffectEvent, EffectPolicy, Jitter, Outcome, UpstreamCode, WorkerId,
};
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::member::{Account, Member, MemberId};
use madoguchi_domain::secret::SecretKey;
use madoguchi_domain::upgrade::{
    CaseId, CaseKey, CaseSnapshot, CheckReference, CheckSource, Command, Decision, FoundCase,
    Guarantee, QrMint, Request, StateName, TransactionIdScheme, UpgradePolicy, Write, decide,
};

/// The id under which the sample case was opened.
pub(crate) const ID: CaseId = CaseId::from_u128(1);
/// An id that no case has yet.
pub(crate) const OTHER: CaseId = CaseId::from_u128(2);

/// The time `seconds` after the sample case was opened; its QR code expires after 600 s.
pub(crate) fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = "2026-01-05T09:00:00Z".parse().unwrap();
    start + SignedDuration::from_secs(seconds)
}

pub(crate) fn policy() -> UpgradePolicy {
    UpgradePolicy {
        target: level("1A"),
        qr: QrMint::new(SecretKey::parse(&[7; 32]).unwrap(), 600),
        transaction_ids: TransactionIdScheme::standard(SecretKey::parse(&[9; 32]).unwrap()),
    }
}

pub(crate) fn level(text: &str) -> AccountLevel {
    AccountLevel::parse(text).unwrap()
}

pub(crate) fn member() -> Member {
    let account = Account::parse("AA19337Z8L29", None).unwrap();
    Member::new(MemberId::parse("MEM0001").unwrap(), account, None)
}

pub(crate) fn agent() -> ActorRef {
    ActorRef::new("idp", "agent-7", ActorKind::Human)
}

pub(crate) fn reference(text: &str) -> CheckReference {
    CheckReference::parse(text).unwrap()
}

/// An act of the agent at this time.
pub(crate) fn act_at(at: Timestamp) -> Act {
    Act::new(agent(), at, CorrelationId::parse("call-1").unwrap())
}

/// This command on the member's newest case, 300 s after the opening.
pub(crate) fn ask(command: Command) -> Request {
    Request { key: CaseKey::NewestOf(member().id), command, act: act_at(at(300)) }
}

/// The same request at another time.
pub(crate) fn asked_at(request: Request, at: Timestamp) -> Request {
    Request { act: request.act.with_time(at), ..request }
}

pub(crate) fn open(id: CaseId) -> Request {
    ask(Command::Open { id })
}

/// The scan-code check's result; the sample cases have the reference `R-1`.
pub(crate) fn verify(of: &str, passed: bool) -> Request {
    ask(Command::Verify { source: CheckSource::Edda, reference: reference(of), passed })
}

pub(crate) fn verdict(passed: bool) -> Request {
    ask(Command::Decide { passed })
}

/// The snapshot of the member without cases.
pub(crate) fn nothing_yet() -> CaseSnapshot {
    CaseSnapshot::of(member())
}

/// The snapshot with the member's first case in this state.
pub(crate) fn standing(state: StateName) -> CaseSnapshot {
    let path: &[Request] = match state {
        StateName::New => &[open(ID)],
        StateName::EddaSuccess => &[open(ID), verify("R-1", true)],
        StateName::EddaFailure => &[open(ID), verify("R-1", false)],
        StateName::CustomerSuccess => &[open(ID), verify("R-1", true), verdict(true)],
        StateName::CustomerFailure => &[open(ID), verify("R-1", true), verdict(false)],
    };
    let known = path.iter().fold(nothing_yet(), |known, request| {
        let request = asked_at(request.clone(), at(0));
        decided(&known, &request).after.unwrap()
    });
    assert_eq!(known.case.as_ref().map(|case| case.state.name()), Some(state));
    known
}

/// The snapshot of a passed case whose effect had these events.
pub(crate) fn pursued(events: impl IntoIterator<Item = EffectEvent>) -> CaseSnapshot {
    let known = standing(StateName::CustomerSuccess);
    // Without a guarantee, an unknown outcome moves to `Manual`, so every state is reachable.
    let policy = Guarantee::None.policy(EffectPolicy::standard());
    let effect = events.into_iter().fold(known.effect.clone().unwrap(), |effect: Effect, event| {
        effect.after(event, &policy, at(1), Jitter::FULL).unwrap()
    });
    CaseSnapshot { effect: Some(effect), ..known }
}

pub(crate) fn claimed() -> EffectEvent {
    EffectEvent::Claimed(WorkerId("w".into()))
}

pub(crate) fn applied() -> EffectEvent {
    EffectEvent::Answered(Outcome::Applied)
}

pub(crate) fn refused() -> EffectEvent {
    EffectEvent::Answered(Outcome::Refused(UpstreamCode::parse("E-CLOSED").unwrap()))
}

pub(crate) fn lost() -> EffectEvent {
    EffectEvent::Answered(Outcome::Unknown(Doubt::TimedOut))
}

/// Decides this request on the snapshot.
pub(crate) fn decided(known: &CaseSnapshot, request: &Request) -> Decision {
    decided_on(found_case(known.clone()), request)
}

/// Decides this request on what was found.
pub(crate) fn decided_on(found: FoundCase, request: &Request) -> Decision {
    decide(Some(found), request, &policy())
}

/// Stored data as found by a member or id, with a new check if any.
pub(crate) const fn found_case(snapshot: CaseSnapshot) -> FoundCase {
    FoundCase { snapshot, scanned: None, check_held_by: None }
}

/// A decision as text: the answer and the write.
pub(crate) fn reported(decision: &Decision) -> String {
    let answer = match &decision.answer {
        Ok(standing) if standing.opened => format!("{} (opened)", standing.case.state.name()),
        Ok(standing) => standing.case.state.name().to_string(),
        Err(refusal) => format!("{refusal:?}"),
    };
    format!("{answer}, {}", written(decision.change.as_ref()))
}

fn written(change: Option<&Change<Write>>) -> &'static str {
    match change.map(|change| &change.write) {
        None => "nothing written",
        Some(Write::Open { .. }) => "case opened",
        Some(Write::ReissueQr { .. }) => "code reissued",
        Some(Write::Move { target: Some(_), .. }) => "moved with an effect",
        Some(Write::Move { target: None, .. }) => "moved",
        Some(Write::AddCheck { .. }) => "reference added",
        Some(Write::SetTarget { .. }) => "effect planned",
        Some(Write::Nothing) => "audit row only",
    }
}
