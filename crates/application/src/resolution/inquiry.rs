//! Asks the other system before people decide: what it shows wins.

use std::time::Duration;

use madoguchi_domain::act::Act;
use madoguchi_domain::actor::{ActorKind, ActorRef};
use madoguchi_domain::effect::{
    Doubt, Effect, EffectEvent, EffectState, Evidence, Inquired, Jitter, Outcome, WorkerId,
};
use madoguchi_domain::port::{EffectChange, EffectQueue, StoreError};
use madoguchi_domain::resolution::ResolutionRefusal;
use tokio::time::timeout;

use crate::{Delivery, ServiceError};

/// The name under which evidence and audit log have it.
const INQUIRY: &str = "inquiry";

/// How long people wait for its answer. After that the other system has said nothing.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);

/// Whether the other system shows another state than the one that the order asks for; false if it
/// says nothing.
///
/// # Errors
/// [`ResolutionRefusal::Proven`] if it shows that the order is applied: the effect is confirmed by
/// then.
pub(super) async fn is_contradicted(
    effects: &dyn EffectQueue,
    delivery: &dyn Delivery,
    effect: &Effect,
    act: &Act,
) -> Result<bool, ServiceError> {
    if !matches!(effect.state, EffectState::Unknown { .. } | EffectState::Manual) {
        return Ok(false);
    }
    let answer = timeout(ANSWERED_WITHIN, delivery.inquire(effect)).await;
    match answer.unwrap_or(Inquired::Unanswered(Doubt::TimedOut)) {
        Inquired::Answered(outcome) if outcome.proves_applied() => {
            confirm(effects, delivery, effect, outcome, act).await?;
            Err(ResolutionRefusal::Proven.into())
        }
        Inquired::Answered(_) => Ok(true),
        Inquired::Unanswered(_) | Inquired::NotSupported => Ok(false),
    }
}

/// Confirms the effect with this evidence. If its row changed meanwhile, the evidence is kept, and
/// the sweeper confirms it.
async fn confirm(
    effects: &dyn EffectQueue,
    delivery: &dyn Delivery,
    effect: &Effect,
    outcome: Outcome,
    asked: &Act,
) -> Result<(), StoreError> {
    let by = ActorRef::new(ActorRef::OWN_ISSUER, INQUIRY, ActorKind::System);
    let act = Act::new(by, asked.at(), asked.correlation.clone());
    let change = effect.change(EffectEvent::ProvenApplied, delivery.policy(), &act, Jitter::FULL);
    let Ok(mut change): Result<EffectChange, _> = change else { return Ok(()) };
    change.write.consequence = delivery.consequence(&change.write.after).ok().flatten();
    change.write.evidence = Some(Evidence::of(effect, WorkerId(INQUIRY.into()), outcome, act.at()));
    effects.record(&[change]).await.map(|_| ())
}
