//! Sample workers, claims and outcomes of core-bank effects.

use madoguchi_domain::Timestamp;
use madoguchi_domain::audit::{Action, AuditEntry, Subject};
use madoguchi_domain::core_bank::{
    Effect, EffectChange, EffectEvent, EffectPolicy, EffectState, Evidence, Jitter, Outcome,
    WorkerId,
};
use madoguchi_domain::port::{Claim, Sweep};

use super::{correlation, system};

/// Worker `number`.
#[must_use]
pub fn worker(number: u32) -> WorkerId {
    WorkerId(format!("worker-{number}").into())
}

/// The wish of worker `number` for at most `limit` effects, under the standard policy.
#[must_use]
pub fn claim(number: u32, limit: u32, now: Timestamp) -> Claim {
    let policy = EffectPolicy::standard();
    let correlation = correlation("round");
    Claim { worker: worker(number), by: system(), correlation, now, limit, policy }
}

/// A sweeper's wish for at most so much.
#[must_use]
pub fn sweep(limit: u32, now: Timestamp) -> Sweep {
    Sweep { by: system(), correlation: correlation("round"), now, limit }
}

/// The change by which `event` moves `effect`, without evidence.
///
/// # Panics
/// When the domain's table does not know that move.
#[must_use]
pub fn moved(
    effect: &Effect,
    event: EffectEvent,
    policy: &EffectPolicy,
    at: Timestamp,
) -> EffectChange {
    let after = effect.after(event, policy, at, Jitter::FULL).expect("the table knows the move");
    let audit = AuditEntry {
        action: Action::EffectMoved,
        subject: Subject::Case(effect.order.case),
        detail: after.state.name().as_str().into(),
        by: system(),
        at,
        correlation: correlation("worker"),
    };
    let (from, expected) = (effect.state.name(), effect.fence);
    EffectChange { from, expected, after, evidence: None, audit }
}

/// The change by which the holder of `effect` reports `outcome`, with its evidence.
///
/// # Panics
/// When nobody holds the effect.
#[must_use]
pub fn answered(effect: &Effect, outcome: Outcome, at: Timestamp) -> EffectChange {
    let EffectState::Sending { worker, .. } = &effect.state else {
        panic!("only a claimed effect is answered, not one that is {}", effect.state.name());
    };
    let evidence = Evidence {
        case: effect.order.case,
        fence: effect.fence,
        worker: worker.clone(),
        outcome: outcome.as_str().to_owned(),
        detail: outcome.detail().to_owned(),
        at,
    };
    let event = EffectEvent::Answered(outcome);
    let change = moved(effect, event, &EffectPolicy::standard(), at);
    EffectChange { evidence: Some(evidence), ..change }
}
