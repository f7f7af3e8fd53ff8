//! The change of one transition, with its evidence and its consequence.

use madoguchi_domain::act::Act;
use madoguchi_domain::effect::{Effect, EffectEvent, EffectStateName, Evidence, Jitter};
use madoguchi_domain::port::{EffectChange, EffectQueue, Recorded, StoreError};

use super::registry::Delivery;

/// The change that `event` makes, or the one that sets the effect aside if its order cannot be
/// parsed. `None` if the transition table has neither.
pub(super) fn decided(
    delivery: &dyn Delivery,
    effect: &Effect,
    event: EffectEvent,
    evidence: Option<Evidence>,
    act: &Act,
    jitter: Jitter,
) -> Option<EffectChange> {
    let policy = delivery.policy();
    let mut change: EffectChange = effect.change(event, policy, act, jitter).ok()?;
    match delivery.consequence(&change.write.after) {
        Ok(consequence) => change.write.consequence = consequence,
        Err(error) => {
            change = set_aside(delivery, effect, act)?;
            let (key, correlation) = (&effect.order.key, effect.correlation.as_str());
            tracing::error!(effect = %key, correlation, %error, "the order cannot be parsed");
        }
    }
    change.write.evidence = evidence;
    Some(change)
}

/// The change that sets the effect aside, with what follows from that if its order says so.
fn set_aside(delivery: &dyn Delivery, effect: &Effect, act: &Act) -> Option<EffectChange> {
    let mut change: EffectChange = effect.set_aside(delivery.policy(), act).ok()?;
    change.write.consequence = delivery.consequence(&change.write.after).ok().flatten();
    Some(change)
}

/// Records one change of an effect. If the store finds it corrupt, for example because the member
/// of its consequence is missing, the effect is set aside with the same evidence instead. Returns
/// what was recorded; `None` if the effect is in `Manual` already.
pub(super) async fn record_or_set_aside(
    effects: &dyn EffectQueue,
    effect: &Effect,
    change: EffectChange,
    delivery: &dyn Delivery,
    act: &Act,
) -> Result<Option<(EffectChange, Recorded)>, StoreError> {
    let change = match effects.record(std::slice::from_ref(&change)).await {
        Ok(recorded) => return Ok(recorded.first().map(|recorded| (change, *recorded))),
        Err(error @ StoreError::Corrupt(_)) => {
            let Some(mut aside) = set_aside(delivery, effect, act) else { return Ok(None) };
            let (key, correlation) = (&effect.order.key, effect.correlation.as_str());
            tracing::error!(effect = %key, correlation, %error, "the transition is not possible");
            aside.write.evidence = change.write.evidence;
            aside
        }
        Err(error) => return Err(error),
    };
    let recorded = effects.record(std::slice::from_ref(&change)).await?;
    Ok(recorded.first().map(|recorded| (change, *recorded)))
}

/// Reports an effect that entered `Manual`: only people can finish it.
pub(super) fn report_if_stuck(after: &Effect) {
    if after.state.name() != EffectStateName::Manual {
        return;
    }
    let (kind, id) = (after.order.key.kind.to_string(), after.order.key.id);
    let correlation = after.correlation.as_str();
    tracing::error!(kind, %id, correlation, "an effect is stuck: people must resolve it");
    metrics::counter!("madoguchi_effects_stuck_total", "kind" => kind).increment(1);
}
