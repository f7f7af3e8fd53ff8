//! Sample workers, claims and outcomes of core-bank effects.

use madoguchi_domain::Timestamp;
use madoguchi_domain::core_bank::{
    Effect, EffectChange, EffectEvent, EffectPolicy, EffectState, Evidence, Jitter, Outcome,
    WorkerId,
};
use madoguchi_domain::port::{Claim, Sweep};

use super::{act, system};

/// Worker `number`.
#[must_use]
pub fn worker(number: u32) -> WorkerId {
    WorkerId(format!("worker-{number}").into())
}

/// A claim of worker `number` for at most `limit` effects, under the standard policy.
#[must_use]
pub fn claim(number: u32, limit: u32, now: Timestamp) -> Claim {
    let policy = EffectPolicy::standard();
    Claim { worker: worker(number), act: act("round", system(), now), limit, policy }
}

/// A sweep for at most `limit` effects.
#[must_use]
pub fn sweep(limit: u32, now: Timestamp) -> Sweep {
    Sweep { act: act("round", system(), now), limit }
}

/// The change for `event` on `effect`, without evidence.
///
/// # Panics
/// When the transition table does not allow it.
#[must_use]
pub fn moved(
    effect: &Effect,
    event: EffectEvent,
    policy: &EffectPolicy,
    at: Timestamp,
) -> EffectChange {
    let after = effect.after(event, policy, at, Jitter::FULL).expect("the table knows the move");
    let audit = after.moved(&act("worker", system(), at));
    let (from, expected) = (effect.state.name(), effect.fence);
    EffectChange { from, expected, after, evidence: None, audit }
}

/// The change by which the holder of `effect` reports `outcome`, with its evidence.
///
/// # Panics
/// When no worker holds the effect.
#[must_use]
pub fn answered(effect: &Effect, outcome: Outcome, at: Timestamp) -> EffectChange {
    let EffectState::Sending { worker, .. } = &effect.state else {
        panic!("only a claimed effect is answered, not one that is {}", effect.state.name());
    };
    let evidence = Evidence::of(effect, worker.clone(), &outcome, at);
    let event = EffectEvent::Answered(outcome);
    let change = moved(effect, event, &EffectPolicy::standard(), at);
    EffectChange { evidence: Some(evidence), ..change }
}
