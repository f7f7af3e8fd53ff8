//! The fake store's effects, of every kind: one holder at a time.

use std::collections::HashSet;

use madoguchi_domain::Timestamp;
use madoguchi_domain::effect::{
    Claim, Effect, EffectKey, EffectKind, EffectState, EffectStateName, Ordering, Overdue, Sweep,
    UnsettledEffects,
};
use madoguchi_domain::port::{EffectChange, Recorded};

use super::memory::Memory;

impl Memory {
    /// True if these new effects violate no unique index, and no rule among themselves.
    pub(super) fn can_plan(&self, effects: &[Effect]) -> bool {
        let mut seen = (HashSet::new(), HashSet::new(), HashSet::new());
        effects.iter().all(|effect| {
            let order = &effect.order;
            let is_new = !self.effects.contains_key(&order.key)
                && !self.upstream_ids.contains(&order.upstream_id)
                && seen.0.insert(&order.key)
                && seen.1.insert(&order.upstream_id);
            let is_free = match &order.ordering {
                Ordering::Queue(_) => true,
                Ordering::OneLive(key) => {
                    let key = (order.key.kind.clone(), key.clone());
                    !self.live.contains_key(&key) && seen.2.insert(key)
                }
            };
            is_new && is_free
        })
    }

    pub(super) fn plan(&mut self, effects: &[Effect]) {
        for effect in effects {
            self.upstream_ids.insert(effect.order.upstream_id.clone());
            self.put(effect.clone());
        }
    }

    pub(super) fn claim(&mut self, claim: &Claim) -> Vec<Effect> {
        let mut due: Vec<(Timestamp, EffectKey)> = self
            .effects
            .values()
            .filter(|effect| effect.order.key.kind == claim.kind)
            .filter_map(|effect| match &effect.state {
                EffectState::Planned { due } if *due <= claim.act.at() => Some((*due, effect)),
                EffectState::Planned { .. }
                | EffectState::Sending { .. }
                | EffectState::Unknown { .. }
                | EffectState::Confirmed
                | EffectState::Rejected { .. }
                | EffectState::Cancelled { .. }
                | EffectState::Manual => None,
            })
            .filter(|(_, effect)| !self.is_proven(&effect.order.key) && !self.is_behind(effect))
            .map(|(due, effect)| (due, effect.order.key.clone()))
            .collect();
        due.sort_unstable();
        due.truncate(claim.limit as usize);
        let due = due.into_iter().map(|(_, key)| key).collect();
        let due = self.set_aside(due, &claim.policy, &claim.act);
        due.iter().filter_map(|key| self.claim_one(key, claim)).collect()
    }

    fn claim_one(&mut self, key: &EffectKey, claim: &Claim) -> Option<Effect> {
        let change: EffectChange = claim.change(self.effects.get(key)?).ok()?;
        self.record(&change);
        Some(change.write.after)
    }

    /// Whether another effect of its queue comes first: one that may have been sent and is not
    /// settled, or one that was planned earlier.
    fn is_behind(&self, effect: &Effect) -> bool {
        let place = |effect: &Effect| (effect.planned_at, effect.order.key.id);
        let is_queue = matches!(effect.order.ordering, Ordering::Queue(_));
        let mut queue = self.effects.values().filter(|other| {
            other.order.key.kind == effect.order.key.kind
                && other.order.key != effect.order.key
                && other.order.ordering == effect.order.ordering
        });
        is_queue
            && queue.any(|other| {
                let state = other.state.name();
                !state.is_settled()
                    && (state != EffectStateName::Planned
                        || other.ambiguous > 0
                        || effect.ambiguous == 0 && place(other) < place(effect))
            })
    }

    /// Whether the effect is still as the change was decided on.
    pub(super) fn holds(&self, change: &EffectChange) -> bool {
        let now = self.effects.get(&change.write.after.order.key);
        now.is_some_and(|it| {
            it.state.name() == change.write.from && it.fence == change.write.expected
        })
    }

    pub(super) fn record(&mut self, change: &EffectChange) -> Recorded {
        let write = &change.write;
        let holds = self.holds(change);
        if let Some(seen) = &write.evidence
            && (holds || seen.is_kept_when_fenced_out())
        {
            self.evidence.push(seen.clone());
        }
        if !holds {
            return Recorded::FencedOut;
        }
        self.put(write.after.clone());
        if let Some(consequence) = &write.consequence {
            self.apply(consequence);
        }
        if self.can_plan(&change.effects) {
            self.plan(&change.effects);
        }
        self.trail.append(&change.audit);
        Recorded::Written
    }

    pub(super) fn overdue(&mut self, sweep: &Sweep) -> Vec<Overdue> {
        let of_kind = self.effects.values().filter(|it| it.order.key.kind == sweep.kind);
        let mut waiting: Vec<Overdue> =
            of_kind.filter_map(|effect| self.wait(effect, sweep.act.at())).collect();
        // `Manual` effects come last, because each sweep may return them again.
        waiting.sort_by_key(|overdue| {
            let next = overdue.effect.state.next_attempt_at();
            (next.is_none(), next)
        });
        waiting.truncate(sweep.limit as usize);
        let keys = waiting.iter().map(|it| it.effect.order.key.clone()).collect();
        let readable = self.set_aside(keys, &sweep.policy, &sweep.act);
        waiting.retain(|it| readable.contains(&it.effect.order.key));
        waiting
    }

    pub(super) fn unsettled(&self, kind: &EffectKind) -> Vec<UnsettledEffects> {
        let counted = EffectStateName::UNSETTLED.map(|state| {
            let all = self.effects.values().filter(|it| it.order.key.kind == *kind);
            let planned: Vec<Timestamp> =
                all.filter(|it| it.state.name() == state).map(|it| it.planned_at).collect();
            let oldest = *planned.iter().min()?;
            Some(UnsettledEffects { state, count: planned.len() as u64, oldest })
        });
        counted.into_iter().flatten().collect()
    }

    fn wait(&self, effect: &Effect, now: Timestamp) -> Option<Overdue> {
        let proven_applied = self.is_proven(&effect.order.key);
        let overdue = Overdue { effect: effect.clone(), proven_applied };
        overdue.event(now).is_some().then_some(overdue)
    }

    pub(super) fn is_proven(&self, key: &EffectKey) -> bool {
        self.evidence.iter().any(|it| it.effect == *key && it.outcome.proves_applied())
    }

    pub(super) fn put(&mut self, effect: Effect) {
        if let Ordering::OneLive(key) = &effect.order.ordering {
            let key = (effect.order.key.kind.clone(), key.clone());
            if effect.state.name().is_settled() {
                self.live.remove(&key);
            } else {
                self.live.insert(key, effect.order.key.clone());
            }
        }
        self.effects.insert(effect.order.key.clone(), effect);
    }
}
