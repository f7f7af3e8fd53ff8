//! The rules of resolutions: what people may decide about an effect, or why it is refused.

use std::fmt;

use jiff::SignedDuration;

use crate::act::Act;
use crate::actor::ActorKind;
use crate::approval::{ContentHash, ContentSalt, Editors, FourEyes};
use crate::audit::{Action, AuditEntry};
use crate::change::Change;
use crate::consequence::Consequence;
use crate::effect::{
    Effect, EffectEvent, EffectPolicy, EffectStateName, FoundEffect, Jitter, ManualOutcome,
    Transition, later,
};
use crate::field::InvalidField;
use crate::sealed::DataKeyId;

use super::{
    Resolution, ResolutionEvidence, ResolutionFacts, ResolutionId, ResolutionReason,
    ResolutionRefusal, ResolutionState, ResolutionWrite,
};

/// What a person proposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedOutcome {
    /// The outcome.
    pub outcome: ManualOutcome,
    /// Why.
    pub reason: ResolutionReason,
    /// What shows it; required for [`ManualOutcome::Confirmed`].
    pub evidence: Option<ResolutionEvidence>,
}

/// The ids and random bytes of a new resolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewResolutionIds {
    /// Its id.
    pub resolution: ResolutionId,
    /// The id of its data key.
    pub data_key: DataKeyId,
    /// Under which it is hashed.
    pub salt: ContentSalt,
}

/// An effect that people look at, with the rules of its kind.
pub struct StuckEffect<'a> {
    /// The effect with its attempts.
    pub found: &'a FoundEffect,
    /// Its resolution that is not closed, if there is one; it may have lapsed.
    pub open: Option<&'a Resolution>,
    /// The policy of the kind.
    pub policy: &'a EffectPolicy,
    /// What follows from a transition to this state, as the system decides it that owns the kind.
    pub consequence: &'a (dyn Fn(&Effect) -> Result<Option<Consequence>, InvalidField> + Sync),
    /// Whether the other system was just asked, and showed another state than the order asks for.
    pub is_contradicted: bool,
}

/// What a decision writes, all or none, and the resolution as it leaves it.
pub type ResolutionDecision = (Vec<Change<ResolutionWrite>>, Resolution);

impl fmt::Debug for StuckEffect<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StuckEffect").field("found", &self.found).finish_non_exhaustive()
    }
}

impl StuckEffect<'_> {
    /// The decision that proposes an outcome. An effect whose outcome is unknown for long is taken
    /// over from the machine, so that nothing is sent while people decide.
    ///
    /// # Errors
    /// When the proposal is refused.
    pub fn propose(
        &self,
        proposal: ProposedOutcome,
        ids: NewResolutionIds,
        lapse_after: SignedDuration,
        act: &Act,
    ) -> Result<ResolutionDecision, ResolutionRefusal> {
        let effect = &self.found.effect;
        if act.by.kind == ActorKind::System {
            return Err(FourEyes::IsSystem.into());
        }
        self.must_be_unfinished()?;
        self.must_allow(proposal.outcome, act)?;
        if proposal.outcome == ManualOutcome::Confirmed && proposal.evidence.is_none() {
            let rule = "is missing: it must show that the order is applied";
            return Err(InvalidField::new("evidence", rule).into());
        }
        let mut changes = Vec::new();
        match self.open {
            Some(open) if open.is_open(act.at()) => return Err(ResolutionRefusal::Pending),
            Some(lapsed) => changes.push(lapsed.facts.lapsed(act)),
            None => {}
        }
        let taken = self.taken_over(act)?;
        let seen = taken.as_ref().map_or(effect, |change| &change.write.after);
        let resolution = Resolution {
            facts: ResolutionFacts {
                id: ids.resolution,
                effect: effect.order.key.clone(),
                effect_fence: seen.fence,
                effect_since: seen.since,
                outcome: proposal.outcome,
                proposers: Editors::by(act.by.clone()),
                proposed_at: act.at(),
                lapses_at: later(act.at(), lapse_after),
                state: ResolutionState::Proposed,
                data_key: ids.data_key,
            },
            reason: proposal.reason,
            evidence: proposal.evidence,
            salt: ids.salt,
        };
        // What follows must be possible, before a second person reads it.
        self.resolved(seen, proposal.outcome, act)?;
        changes.extend(taken.map(moves));
        let audit = resolution.facts.audit(Action::RESOLUTION_PROPOSED, act);
        changes.push(Change::new(ResolutionWrite::Propose(Box::new(resolution.clone())), audit));
        Ok((changes, resolution))
    }

    /// The decision that approves the open proposal, of which `seen` is the hash.
    ///
    /// # Errors
    /// When the approval is refused.
    pub fn approve(
        &self,
        seen: ContentHash,
        act: &Act,
    ) -> Result<ResolutionDecision, ResolutionRefusal> {
        self.must_be_unfinished()?;
        let open = self.open(act)?;
        self.must_allow(open.facts.outcome, act)?;
        let by = open.facts.proposers.approver(&act.by)?;
        let effect = &self.found.effect;
        let is_as_proposed = effect.state.name() == EffectStateName::Manual
            && (effect.fence, effect.since) == (open.facts.effect_fence, open.facts.effect_since);
        if seen != open.content_hash() || !is_as_proposed {
            return Err(ResolutionRefusal::ContentMoved);
        }
        let moved = self.resolved(effect, open.facts.outcome, act)?;
        let approved = open.closed(ResolutionState::Approved { by, at: act.at() });
        let closed = approved.facts.close(Action::RESOLUTION_APPROVED, act);
        Ok((vec![moves(moved), closed], approved))
    }

    /// The decision that withdraws the open proposal: its proposer, or another person who
    /// disagrees.
    ///
    /// # Errors
    /// When the withdrawal is refused.
    pub fn withdraw(&self, act: &Act) -> Result<ResolutionDecision, ResolutionRefusal> {
        let open = self.open(act)?;
        if act.by.kind == ActorKind::System {
            return Err(FourEyes::IsSystem.into());
        }
        let state = ResolutionState::Withdrawn { by: act.by.clone(), at: act.at() };
        let withdrawn = open.closed(state);
        let closed = withdrawn.facts.close(Action::RESOLUTION_WITHDRAWN, act);
        Ok((vec![closed], withdrawn))
    }

    fn open(&self, act: &Act) -> Result<&Resolution, ResolutionRefusal> {
        self.open.filter(|it| it.is_open(act.at())).ok_or(ResolutionRefusal::NotFound)
    }

    /// Refuses what has its final outcome.
    fn must_be_unfinished(&self) -> Result<(), ResolutionRefusal> {
        match self.found.effect.state.name().is_settled() {
            true => Err(ResolutionRefusal::Settled),
            false => Ok(()),
        }
    }

    /// Refuses an outcome that is shown to be wrong, or that is not possible. What is proven is
    /// confirmed without people, unless its order cannot be read: then they can only confirm it.
    fn must_allow(&self, outcome: ManualOutcome, act: &Act) -> Result<(), ResolutionRefusal> {
        let is_left_to_people = outcome == ManualOutcome::Confirmed && !self.can_be_proven(act);
        if self.found.is_proven() && !is_left_to_people {
            return Err(ResolutionRefusal::Proven);
        }
        if self.is_contradicted && outcome == ManualOutcome::Confirmed {
            return Err(ResolutionRefusal::Contradicted);
        }
        if !self.found.is_readable && outcome == ManualOutcome::Planned {
            return Err(ResolutionRefusal::Unreadable);
        }
        Ok(())
    }

    /// The transition that takes the effect over from the machine, unless people have it already.
    fn taken_over(
        &self,
        act: &Act,
    ) -> Result<Option<Change<Transition<Consequence>>>, ResolutionRefusal> {
        let effect = &self.found.effect;
        if effect.state.name() == EffectStateName::Manual {
            return Ok(None);
        }
        self.moved(effect, EffectEvent::TakenOver, act).map(Some)
    }

    /// The transition to the outcome, with what follows from it.
    fn resolved(
        &self,
        effect: &Effect,
        outcome: ManualOutcome,
        act: &Act,
    ) -> Result<Change<Transition<Consequence>>, ResolutionRefusal> {
        let mut change = self.moved(effect, EffectEvent::Resolved(outcome), act)?;
        change.write.consequence = change.write.consequence.map(Consequence::by_people);
        Ok(change)
    }

    fn moved(
        &self,
        effect: &Effect,
        event: EffectEvent,
        act: &Act,
    ) -> Result<Change<Transition<Consequence>>, ResolutionRefusal> {
        let change = effect.change(event, self.policy, act, Jitter::FULL);
        let mut change = change.map_err(|_| ResolutionRefusal::InProgress)?;
        change.write.consequence = match (self.consequence)(&change.write.after) {
            Ok(consequence) => consequence,
            // It is applied, and nobody can say from here what follows.
            Err(_) if self.found.is_proven() => None,
            Err(_) => return Err(ResolutionRefusal::Unreadable),
        };
        Ok(change)
    }

    /// Whether the machine can confirm it: what follows from a proof is in its order.
    fn can_be_proven(&self, act: &Act) -> bool {
        let effect = &self.found.effect;
        let after = effect.after(EffectEvent::ProvenApplied, self.policy, act.at(), Jitter::FULL);
        self.found.is_readable && after.is_ok_and(|after| (self.consequence)(&after).is_ok())
    }
}

fn moves(change: Change<Transition<Consequence>>) -> Change<ResolutionWrite> {
    let Change { write, effects, audit, replay } = change;
    Change { write: ResolutionWrite::Move(Box::new(write)), effects, audit, replay }
}

impl Resolution {
    fn closed(&self, state: ResolutionState) -> Self {
        Self { facts: self.facts.closed(state), ..self.clone() }
    }
}

impl ResolutionFacts {
    /// The change that records that nobody decided in time, or that the effect has its final
    /// outcome without people.
    #[must_use]
    pub fn lapsed(&self, act: &Act) -> Change<ResolutionWrite> {
        let lapsed = self.closed(ResolutionState::Lapsed { at: act.at() });
        lapsed.close(Action::RESOLUTION_LAPSED, act)
    }

    fn closed(&self, state: ResolutionState) -> Self {
        Self { state, ..self.clone() }
    }

    fn close(&self, action: Action, act: &Act) -> Change<ResolutionWrite> {
        let audit = self.audit(action, act);
        Change::new(ResolutionWrite::Close(Box::new(self.clone())), audit)
    }

    /// Names the effect, too: an auditor looks for a case or a mail.
    fn audit(&self, action: Action, act: &Act) -> AuditEntry {
        let detail = format!("{} {}", self.outcome.as_str(), self.effect);
        AuditEntry::new(action, self.id.subject(), detail, act)
    }
}
