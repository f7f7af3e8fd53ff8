//! A case's timeline: its transitions and the attempts to deliver its order, in time order.

use crate::effect::Evidence;

use super::write::HistoryEntry;

/// The stored rows of a case's timeline.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeline {
    /// The transitions of the case, oldest first.
    pub history: Vec<HistoryEntry>,
    /// The evidence of attempts to deliver its order, oldest first.
    pub evidence: Vec<Evidence>,
}

/// One entry of a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimelineEntry<'a> {
    /// A transition of the case.
    Moved(&'a HistoryEntry),
    /// An attempt to deliver the order.
    Attempted(&'a Evidence),
}

impl Timeline {
    /// All entries, oldest first. Transitions keep their order, and so do attempts, also if the
    /// clocks of two nodes differ.
    #[must_use]
    pub fn entries(&self) -> Vec<TimelineEntry<'_>> {
        let mut attempts = self.evidence.iter().peekable();
        let mut entries = Vec::with_capacity(self.history.len() + self.evidence.len());
        for moved in &self.history {
            while let Some(earlier) = attempts.next_if(|evidence| evidence.at < moved.act.at) {
                entries.push(TimelineEntry::Attempted(earlier));
            }
            entries.push(TimelineEntry::Moved(moved));
        }
        entries.extend(attempts.map(TimelineEntry::Attempted));
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
    use crate::correlation::CorrelationId;
    use crate::effect::{Fence, Outcome, WorkerId};
    use crate::upgrade::{CaseId, EventName, SetLevel, StateName};

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
    }

    fn moved(to: StateName, second: i64) -> HistoryEntry {
        let by = ActorRef::new("idp", "agent", ActorKind::Human);
        let act = Act {
            by,
            through: None,
            at: at(second),
            correlation: CorrelationId::parse("c").unwrap(),
        };
        let case = CaseId::from_u128(1);
        HistoryEntry { case, from: None, to, why: EventName::Opened, act }
    }

    fn attempted(fence: i32, second: i64) -> Evidence {
        let effect = SetLevel::key(CaseId::from_u128(1));
        let worker = WorkerId("w".into());
        let outcome = Outcome::Applied;
        Evidence { effect, fence: Fence(fence), worker, outcome, at: at(second) }
    }

    #[test]
    fn entries_are_in_time_order_and_each_list_in_its_own() {
        let timeline = Timeline {
            // The second transition comes from a node whose clock is behind.
            history: vec![moved(StateName::New, 5), moved(StateName::EddaSuccess, 4)],
            evidence: vec![attempted(1, 3), attempted(2, 9)],
        };
        let drawn: Vec<String> = timeline
            .entries()
            .iter()
            .map(|entry| match entry {
                TimelineEntry::Moved(entry) => entry.to.to_string(),
                TimelineEntry::Attempted(evidence) => evidence.fence.0.to_string(),
            })
            .collect();
        assert_eq!(drawn, ["1", "New", "EDDASuccess", "2"]);
    }
}
