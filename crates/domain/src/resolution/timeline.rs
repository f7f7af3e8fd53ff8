//! What happened to an effect outside its own states, in time order: attempts and decisions.

use crate::Timestamp;
use crate::actor::ActorRef;
use crate::effect::Evidence;

use super::{ResolutionFacts, ResolutionStateName};

/// One step of a resolution: its proposal, or its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResolutionStep<'a> {
    /// The resolution.
    pub facts: &'a ResolutionFacts,
    /// The state that it entered.
    pub state: ResolutionStateName,
    /// Who did it; none if it lapsed.
    pub by: Option<&'a ActorRef>,
    /// When.
    pub at: Timestamp,
}

impl ResolutionFacts {
    /// Its steps, oldest first.
    pub fn steps(&self) -> impl Iterator<Item = ResolutionStep<'_>> {
        let step = |state, by, at| ResolutionStep { facts: self, state, by, at };
        let proposed =
            step(ResolutionStateName::Proposed, Some(self.proposers.author()), self.proposed_at);
        let closed = self.state.closed_at();
        let closed = closed.map(|at| step(self.state.name(), self.state.closed_by(), at));
        [Some(proposed), closed].into_iter().flatten()
    }
}

/// One entry of an effect's timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectEntry<'a> {
    /// An attempt to deliver the order.
    Attempted(&'a Evidence),
    /// A step of a resolution.
    Decided(ResolutionStep<'a>),
}

impl EffectEntry<'_> {
    /// When it happened.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Attempted(evidence) => evidence.at,
            Self::Decided(step) => step.at,
        }
    }
}

/// All entries, oldest first. Attempts keep their order, also if the clocks of two nodes differ.
#[must_use]
pub fn effect_entries<'a>(
    attempts: &'a [Evidence],
    resolutions: impl IntoIterator<Item = &'a ResolutionFacts>,
) -> Vec<EffectEntry<'a>> {
    let mut steps: Vec<_> = resolutions.into_iter().flat_map(ResolutionFacts::steps).collect();
    steps.sort_by_key(|step| step.at);
    let mut steps = steps.into_iter().peekable();
    let mut entries = Vec::new();
    for evidence in attempts {
        while let Some(earlier) = steps.next_if(|step| step.at < evidence.at) {
            entries.push(EffectEntry::Decided(earlier));
        }
        entries.push(EffectEntry::Attempted(evidence));
    }
    entries.extend(steps.map(EffectEntry::Decided));
    entries
}
