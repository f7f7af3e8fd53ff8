//! The row of a state transition in the history.

use std::borrow::Cow;

use madoguchi_domain::act::Act;
use madoguchi_domain::actor::{ActorKind, ActorRef};
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::port::StoreError;
use madoguchi_domain::upgrade::{EventName, HistoryEntry, StateName, Version};

use super::row::key;
use crate::database::column::{At, Key};
use crate::database::parse::{moment, parsed_or_corrupt};
use crate::database::schema::upgrade_history;
use crate::database::statement::row;

row! {
    pub(crate) struct HistoryRow<'a> in upgrade_history {
        case_id: Key,
        version: i32,
        from_state: Option<Cow<'a, str>>,
        to_state: Cow<'a, str>,
        why: Cow<'a, str>,
        actor_issuer: Cow<'a, str>,
        actor_subject: Cow<'a, str>,
        actor_kind: Cow<'a, str>,
        at: At,
        correlation: Cow<'a, str>,
    }
}

impl<'a> HistoryRow<'a> {
    pub(crate) fn new(entry: &'a HistoryEntry, version: Version) -> Self {
        Self {
            case_id: key(entry.case),
            version: version.0,
            from_state: entry.from.map(|from| from.as_str().into()),
            to_state: entry.to.as_str().into(),
            why: entry.why.as_str().into(),
            actor_issuer: (&*entry.act.by.issuer).into(),
            actor_subject: (&*entry.act.by.subject).into(),
            actor_kind: entry.act.by.kind.as_str().into(),
            at: entry.act.at().into(),
            correlation: entry.act.correlation.as_str().into(),
        }
    }

    pub(crate) fn parse(self) -> Result<HistoryEntry, StoreError> {
        let state = |text: &str| {
            parsed_or_corrupt(StateName::parse(text), "upgrade_history.from_state or to_state")
        };
        let kind = ActorKind::parse(&self.actor_kind);
        let kind = parsed_or_corrupt(kind, "upgrade_history.actor_kind")?;
        let correlation = CorrelationId::parse(&self.correlation).ok();
        Ok(HistoryEntry {
            case: self.case_id.0.into(),
            from: self.from_state.as_deref().map(state).transpose()?,
            to: state(&self.to_state)?,
            why: parsed_or_corrupt(EventName::parse(&self.why), "upgrade_history.why")?,
            act: Act::new(
                ActorRef::new(&self.actor_issuer, &self.actor_subject, kind),
                moment(self.at, "upgrade_history.at")?,
                parsed_or_corrupt(correlation, "upgrade_history.correlation")?,
            ),
        })
    }
}
