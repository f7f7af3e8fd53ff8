//! The change of one transition, with its evidence and its consequence.

use madoguchi_domain::act::Act;
use madoguchi_domain::effect::{Effect, EffectEvent, Evidence, Jitter};
use madoguchi_domain::port::EffectChange;

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
            change = effect.set_aside(policy, act).ok()?;
            let (key, correlation) = (&effect.order.key, effect.correlation.as_str());
            tracing::error!(effect = %key, correlation, %error, "the order cannot be parsed");
        }
    }
    change.write.evidence = evidence;
    Some(change)
}
