//! The row of a state transition in the history.

use std::borrow::Cow;

use diesel::{Insertable, Queryable, Selectable};
use madoguchi_domain::act::Act;
use madoguchi_domain::actor::{ActorKind, ActorRef};
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::port::StoreError;
use madoguchi_domain::upgrade::{EventName, HistoryEntry, StateName, Version};

use super::parsed_or_corrupt;
use crate::column::{At, CaseUuid};
use crate::schema::upgrade_history;

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = upgrade_history, treat_none_as_default_value = false)]
pub(crate) struct HistoryRow<'a> {
    pub(crate) case_id: CaseUuid,
    pub(crate) version: i32,
    pub(crate) from_state: Option<Cow<'a, str>>,
    pub(crate) to_state: Cow<'a, str>,
    pub(crate) why: Cow<'a, str>,
    pub(crate) actor_issuer: Cow<'a, str>,
    pub(crate) actor_subject: Cow<'a, str>,
    pub(crate) actor_kind: Cow<'a, str>,
    pub(crate) at: At,
    pub(crate) correlation: Cow<'a, str>,
}

impl<'a> HistoryRow<'a> {
    pub(crate) fn new(entry: &'a HistoryEntry, version: Version) -> Self {
        Self {
            case_id: entry.case.into(),
            version: version.0,
            from_state: entry.from.map(|from| from.as_str().into()),
            to_state: entry.to.as_str().into(),
            why: entry.why.as_str().into(),
            actor_issuer: (&*entry.act.by.issuer).into(),
            actor_subject: (&*entry.act.by.subject).into(),
            actor_kind: entry.act.by.kind.as_str().into(),
            at: entry.act.at.into(),
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
            case: self.case_id.into(),
            from: self.from_state.as_deref().map(state).transpose()?,
            to: state(&self.to_state)?,
            why: parsed_or_corrupt(EventName::parse(&self.why), "upgrade_history.why")?,
            act: Act {
                by: ActorRef::new(&self.actor_issuer, &self.actor_subject, kind),
                at: parsed_or_corrupt(self.at.moment(), "upgrade_history.at")?,
                correlation: parsed_or_corrupt(correlation, "upgrade_history.correlation")?,
            },
        })
    }
}
