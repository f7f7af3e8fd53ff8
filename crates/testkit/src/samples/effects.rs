//! Sample workers, claims and outcomes of effects.

use std::sync::Arc;

use jiff::SignedDuration;
use madoguchi_application::{EffectRegistry, SetLevelDelivery};
use madoguchi_domain::Timestamp;
use madoguchi_domain::effect::{
    Claim, Effect, EffectEvent, EffectPolicy, EffectState, Evidence, Jitter, Outcome, Sweep,
    WorkerId,
};
use madoguchi_domain::port::{CoreBank, EffectChange};
use madoguchi_domain::upgrade::{CaseId, FinalCodes, SetLevel};

use super::{act, system};

/// Worker `number`.
#[must_use]
pub fn worker(number: u32) -> WorkerId {
    WorkerId(format!("worker-{number}").into())
}

/// A claim of worker `number` for at most `limit` orders to the core bank, under the standard
/// policy.
#[must_use]
pub fn claim(number: u32, limit: u32, now: Timestamp) -> Claim {
    let act = act("round", system(), now);
    let policy = EffectPolicy::standard();
    Claim { kind: SetLevel::KIND, worker: worker(number), act, limit, policy }
}

/// A sweep for at most `limit` orders to the core bank.
#[must_use]
pub fn sweep(limit: u32, now: Timestamp) -> Sweep {
    let act = act("round", system(), now);
    Sweep { kind: SetLevel::KIND, act, limit, policy: EffectPolicy::standard() }
}

/// The case of an order to the core bank.
#[must_use]
pub fn case_of(effect: &Effect) -> CaseId {
    effect.order.key.id.0.into()
}

/// The change for `event` on an order to the core bank, without evidence.
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
    let act = act("worker", system(), at);
    let change = effect.change(event, policy, &act, Jitter::FULL);
    let mut change: EffectChange = change.expect("the table knows the move");
    let consequence = SetLevel::consequence(&change.write.after);
    change.write.consequence = consequence.expect("the sample order parses");
    change
}

/// The change by which the holder of `effect` reports `outcome`, with its evidence.
///
/// # Panics
/// When no worker holds the effect.
#[must_use]
pub fn answered(effect: &Effect, outcome: Outcome, at: Timestamp) -> EffectChange {
    let mut change = answered_of(effect, outcome, at);
    let consequence = SetLevel::consequence(&change.write.after);
    change.write.consequence = consequence.expect("the sample order parses");
    change
}

/// As [`answered`], for an effect of any kind, without a consequence.
///
/// # Panics
/// When no worker holds the effect.
#[must_use]
pub fn answered_of(effect: &Effect, outcome: Outcome, at: Timestamp) -> EffectChange {
    let EffectState::Sending { worker, .. } = &effect.state else {
        panic!("only a claimed effect is answered, not one that is {}", effect.state.name());
    };
    let evidence = Evidence::of(effect, worker.clone(), outcome.clone(), at);
    let (event, act) = (EffectEvent::Answered(outcome), act("worker", system(), at));
    let change = effect.change(event, &EffectPolicy::standard(), &act, Jitter::FULL);
    let mut change: EffectChange = change.expect("the table knows the move");
    change.write.evidence = Some(evidence);
    change
}

/// A registry with the orders to this core bank, under the standard policy.
#[must_use]
pub fn registry(bank: Arc<dyn CoreBank>) -> EffectRegistry {
    EffectRegistry::default().with(Arc::new(SetLevelDelivery {
        bank,
        finals: FinalCodes::default(),
        call_lasts: SignedDuration::from_secs(5),
        policy: EffectPolicy::standard(),
    }))
}
