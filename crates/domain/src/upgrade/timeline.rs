//! A case's timeline: its transitions, the attempts to deliver its order, and what people decided
//! about the order, in time order.

use crate::effect::Evidence;
use crate::resolution::{EffectEntry, ResolutionFacts, effect_entries};

use super::write::HistoryEntry;

/// The stored rows of a case's timeline.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeline {
    /// The transitions of the case, oldest first.
    pub history: Vec<HistoryEntry>,
    /// The evidence of attempts to deliver its order, oldest first.
    pub evidence: Vec<Evidence>,
    /// The resolutions of its order, oldest first.
    pub resolutions: Vec<ResolutionFacts>,
}

/// One entry of a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimelineEntry<'a> {
    /// A transition of the case.
    Moved(&'a HistoryEntry),
    /// An attempt to deliver the order, or a decision about it.
    OfOrder(EffectEntry<'a>),
}

impl Timeline {
    /// All entries, oldest first. Transitions keep their order, and so do attempts, also if the
    /// clocks of two nodes differ.
    #[must_use]
    pub fn entries(&self) -> Vec<TimelineEntry<'_>> {
        let mut of_order = effect_entries(&self.evidence, &self.resolutions).into_iter().peekable();
        let mut entries = Vec::new();
        for moved in &self.history {
            while let Some(earlier) = of_order.next_if(|entry| entry.at() < moved.act.at()) {
                entries.push(TimelineEntry::OfOrder(earlier));
            }
            entries.push(TimelineEntry::Moved(moved));
        }
        entries.extend(of_order.map(TimelineEntry::OfOrder));
        entries
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::Timestamp;
    use crate::act::Act;
    use crate::actor::{ActorKind, ActorRef};
    use crate::approval::Editors;
    use crate::correlation::CorrelationId;
    use crate::effect::{Fence, ManualOutcome, Outcome, WorkerId};
    use crate::resolution::{ResolutionId, ResolutionState};
    use crate::sealed::DataKeyId;
    use crate::upgrade::{CaseId, EventName, SetLevel, StateName};

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
    }

    fn moved(to: StateName, second: i64) -> HistoryEntry {
        let by = ActorRef::new("idp", "agent", ActorKind::Human);
        let act = Act::new(by, at(second), CorrelationId::parse("c").unwrap());
        let case = CaseId::from_u128(1);
        HistoryEntry { case, from: None, to, why: EventName::Opened, act }
    }

    fn attempted(fence: i32, second: i64) -> Evidence {
        let effect = SetLevel::key(CaseId::from_u128(1));
        let worker = WorkerId("w".into());
        let outcome = Outcome::Applied;
        Evidence { effect, fence: Fence(fence), worker, outcome, at: at(second) }
    }

    fn withdrawn(proposed: i64, at_second: i64) -> ResolutionFacts {
        let by = ActorRef::new("idp", "ann", ActorKind::Human);
        ResolutionFacts {
            id: ResolutionId(uuid::Uuid::from_u128(7)),
            effect: SetLevel::key(CaseId::from_u128(1)),
            effect_fence: Fence(1),
            effect_since: at(3),
            outcome: ManualOutcome::Rejected,
            proposers: Editors::by(by.clone()),
            proposed_at: at(proposed),
            lapses_at: at(900),
            state: ResolutionState::Withdrawn { by, at: at(at_second) },
            data_key: DataKeyId(uuid::Uuid::from_u128(8)),
        }
    }

    #[test]
    fn entries_are_in_time_order_and_each_list_in_its_own() {
        let timeline = Timeline {
            // The second transition comes from a node whose clock is behind.
            history: vec![moved(StateName::New, 5), moved(StateName::EddaSuccess, 4)],
            // Of one time are a transition, an attempt and the end of a resolution.
            evidence: vec![attempted(1, 3), attempted(2, 5), attempted(3, 8)],
            resolutions: vec![withdrawn(6, 8)],
        };
        let drawn: Vec<String> = timeline
            .entries()
            .iter()
            .map(|entry| match entry {
                TimelineEntry::Moved(entry) => entry.to.to_string(),
                TimelineEntry::OfOrder(EffectEntry::Attempted(it)) => it.fence.0.to_string(),
                TimelineEntry::OfOrder(EffectEntry::Decided(step)) => step.state.to_string(),
            })
            .collect();
        assert_eq!(drawn, ["1", "New", "EDDASuccess", "2", "PROPOSED", "3", "WITHDRAWN"]);
    }
}
