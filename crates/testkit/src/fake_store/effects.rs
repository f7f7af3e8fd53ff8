//! The fake store's core-bank effects: one unsettled per arrangement, one holder at a time.

use madoguchi_domain::Timestamp;
use madoguchi_domain::core_bank::{
    Effect, EffectChange, EffectEvent, EffectState, EffectStateName, Jitter, Outcome,
};
use madoguchi_domain::port::{Claim, Overdue, Recorded};
use madoguchi_domain::upgrade::{CaseId, CaseSnapshot, StateName};

use super::memory::Memory;

impl Memory {
    /// True if this new effect violates no unique index.
    pub(super) fn fits(&self, effect: &Effect) -> bool {
        let order = &effect.order;
        !self.effects.contains_key(&order.case)
            && !self.live.contains_key(&order.arrangement)
            && !self.transactions.contains(&order.transaction_id)
    }

    /// Stores a new effect; its level becomes the member's target.
    pub(super) fn add_effect(&mut self, effect: &Effect) {
        if let Some(member) = self.members.get_mut(&effect.member) {
            member.target = Some(effect.order.level.clone());
        }
        self.transactions.insert(effect.order.transaction_id.clone());
        self.put(effect.clone());
    }

    pub(super) fn claim(&mut self, claim: &Claim) -> Vec<Effect> {
        let mut due: Vec<(Timestamp, CaseId)> = self
            .effects
            .values()
            .filter_map(|effect| match &effect.state {
                EffectState::Planned { due }
                    if *due <= claim.act.at && !self.is_proven(effect.order.case) =>
                {
                    Some((*due, effect.order.case))
                }
                EffectState::Planned { .. }
                | EffectState::Sending { .. }
                | EffectState::Unknown { .. }
                | EffectState::Confirmed
                | EffectState::Rejected { .. }
                | EffectState::Manual => None,
            })
            .collect();
        due.sort_unstable();
        due.truncate(claim.limit as usize);
        due.into_iter().filter_map(|(_, case)| self.claim_one(case, claim)).collect()
    }

    fn claim_one(&mut self, case: CaseId, claim: &Claim) -> Option<Effect> {
        let event = EffectEvent::Claimed(claim.worker.clone());
        let planned = self.effects.get(&case)?;
        let held = planned.after(event, &claim.policy, claim.act.at, Jitter::FULL).ok()?;
        self.trail.append(&claim.audit(held.order.case, held.state.name()));
        self.put(held.clone());
        Some(held)
    }

    pub(super) fn record(&mut self, change: &EffectChange) -> Recorded {
        let EffectChange { from, expected, after, evidence, audit } = change;
        let holds = self
            .effects
            .get(&after.order.case)
            .is_some_and(|now| now.state.name() == *from && now.fence == *expected);
        if let Some(seen) = evidence
            && (holds || seen.stands_alone())
        {
            self.timelines.entry(seen.case).or_default().evidence.push(seen.clone());
        }
        if !holds {
            return Recorded::FencedOut;
        }
        if after.state == EffectState::Confirmed
            && let Some(member) = self.members.get_mut(&after.member)
        {
            member.confirmed = Some(after.order.level.clone());
            member.target = None;
        }
        self.put(after.clone());
        self.trail.append(audit);
        Recorded::Written
    }

    pub(super) fn overdue(&self, now: Timestamp, limit: u32) -> Vec<Overdue> {
        let mut waiting: Vec<Overdue> =
            self.effects.values().filter_map(|effect| self.wait(effect, now)).collect();
        waiting.sort_by_key(|overdue| overdue.effect.next_attempt_at());
        waiting.truncate(limit as usize);
        waiting
    }

    fn wait(&self, effect: &Effect, now: Timestamp) -> Option<Overdue> {
        let proven_applied = self.is_proven(effect.order.case);
        let overdue = Overdue { effect: effect.clone(), proven_applied };
        overdue.event(now).is_some().then_some(overdue)
    }

    pub(super) fn orphans(&self, limit: u32) -> Vec<CaseSnapshot> {
        self.cases
            .values()
            .filter(|case| case.state.name() == StateName::CustomerSuccess)
            .filter(|case| !self.effects.contains_key(&case.id))
            .take(limit as usize)
            .filter_map(|case| self.snapshot(case.id))
            .collect()
    }

    fn is_proven(&self, case: CaseId) -> bool {
        let applied = Outcome::Applied.as_str();
        let seen = self.timelines.get(&case).into_iter().flat_map(|past| &past.evidence);
        seen.into_iter().any(|evidence| evidence.outcome == applied)
    }

    fn put(&mut self, effect: Effect) {
        let (case, arrangement) = (effect.order.case, effect.order.arrangement.clone());
        if EffectStateName::is_settled(effect.state.name()) {
            self.live.remove(&arrangement);
        } else {
            self.live.insert(arrangement, case);
        }
        self.effects.insert(case, effect);
    }
}
