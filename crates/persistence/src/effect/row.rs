//! The rows of effects and their evidence.

use std::borrow::Cow;

use jiff::SignedDuration;
use madoguchi_domain::audit::Subject;
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::effect::{
    CancelReason, Effect, EffectId, EffectKey, EffectKind, EffectOrder, EffectState,
    EffectStateName as Name, Evidence, Fence, Ordering, OrderingKey, Outcome, UpstreamCode,
    UpstreamId, WorkerId,
};
use madoguchi_domain::port::StoreError;

use crate::database::column::{At, Chars, Count, Key};
use crate::database::parse::{corrupt, moment, parse_payload, parsed_or_corrupt, payload_text};
use crate::database::schema::{effect, effect_evidence};
use crate::database::statement::row;

row! {
    /// What never changes: the order, and the request that planned it.
    pub(crate) struct OrderRow<'a> in effect {
        kind: Chars<'a>,
        id: Key,
        subject_kind: Chars<'a>,
        subject_id: Option<Chars<'a>>,
        ordering: Chars<'a>,
        ordering_key: Chars<'a>,
        upstream_id: Chars<'a>,
        payload_version: i32,
        payload: Chars<'a>,
        correlation: Chars<'a>,
    }
}

row! {
    /// What a transition changes.
    #[derive(diesel::AsChangeset)]
    #[diesel(treat_none_as_null = true)]
    pub(crate) struct StateRow in effect {
        state: Chars<'static>,
        fence: Count,
        worker: Option<Chars<'static>>,
        due_at: Option<At>,
        code: Option<Chars<'static>>,
        unsent: Count,
        ambiguous: Count,
        ambiguous_us: i64,
        planned_at: At,
        since: At,
    }
}

row! {
    pub(crate) struct EvidenceRow<'a> in effect_evidence {
        kind: Cow<'a, str>,
        id: Key,
        fence: i32,
        worker: Cow<'a, str>,
        outcome: Cow<'a, str>,
        detail: Cow<'a, str>,
        at: At,
    }
}

impl<'a> From<&'a Effect> for OrderRow<'a> {
    fn from(effect: &'a Effect) -> Self {
        let EffectOrder { key, subject, ordering, upstream_id, payload } = &effect.order;
        Self {
            kind: key.kind.as_str().into(),
            id: Key(key.id.0),
            subject_kind: subject.kind().into(),
            subject_id: Some(subject.id().into()).filter(|_| !subject.has_id(key.id.0)),
            ordering: ordering.rule().into(),
            ordering_key: ordering.key().expose().into(),
            upstream_id: upstream_id.as_str().into(),
            payload_version: payload.version,
            payload: payload_text(payload).into(),
            correlation: effect.correlation.as_str().into(),
        }
    }
}

impl StateRow {
    pub(crate) fn is_settled(&self) -> bool {
        Name::parse(&self.state).is_some_and(Name::is_settled)
    }
}

impl From<&Effect> for StateRow {
    fn from(effect: &Effect) -> Self {
        let (worker, code) = match &effect.state {
            EffectState::Sending { worker, .. } => (Some(worker.0.to_string()), None),
            EffectState::Rejected { code } => (None, Some(code.as_str().to_owned())),
            EffectState::Cancelled { reason } => (None, Some(reason.as_str().to_owned())),
            EffectState::Planned { .. }
            | EffectState::Unknown { .. }
            | EffectState::Confirmed
            | EffectState::Manual => (None, None),
        };
        Self {
            state: effect.state.name().as_str().into(),
            fence: effect.fence.0.into(),
            worker: worker.map(Chars::from),
            due_at: effect.state.next_attempt_at().map(At::from),
            code: code.map(Chars::from),
            unsent: effect.unsent.into(),
            ambiguous: effect.ambiguous.into(),
            ambiguous_us: i64::try_from(effect.ambiguous_for.as_micros()).unwrap_or(i64::MAX),
            planned_at: effect.planned_at.into(),
            since: effect.since.into(),
        }
    }
}

/// Parses both halves of a row.
pub(crate) fn parse(order: OrderRow<'_>, state: StateRow) -> Result<Effect, StoreError> {
    let correlation = CorrelationId::parse(&order.correlation).ok();
    let correlation = parsed_or_corrupt(correlation, "effect.correlation")?;
    state.effect(order.parse()?, correlation)
}

/// Parses both halves of a row for people: if what never changes cannot be parsed, a stand-in order
/// is shown. Also returns whether it could be parsed.
pub(crate) fn parse_leniently(
    order: OrderRow<'_>,
    state: StateRow,
) -> Result<(Effect, bool), StoreError> {
    let (key, subject) = (order.key()?, order.subject());
    match parse(order, state.clone()) {
        Ok(effect) => Ok((effect, true)),
        Err(_) => {
            let subject = subject.unwrap_or_else(|| Subject::new("effect", key.to_string()));
            let order = EffectOrder::unreadable(key, subject);
            let correlation = CorrelationId::parse("unreadable").ok();
            let correlation = parsed_or_corrupt(correlation, "effect.correlation")?;
            Ok((state.effect(order, correlation)?, false))
        }
    }
}

/// A count that can still rise by one.
fn counter(count: Count) -> Result<i32, StoreError> {
    let count = i32::try_from(count.0).ok().filter(|count| (0..i32::MAX).contains(count));
    parsed_or_corrupt(count, "effect.fence, unsent or ambiguous")
}

impl OrderRow<'_> {
    pub(crate) fn key(&self) -> Result<EffectKey, StoreError> {
        let kind = EffectKind::parse(&self.kind).ok().filter(|_| self.id.0 != Key::UNREADABLE);
        let kind = parsed_or_corrupt(kind, "effect.kind or id")?;
        Ok(EffectKey { kind, id: EffectId(self.id.0) })
    }

    pub(crate) fn subject(&self) -> Option<Subject> {
        match &self.subject_id {
            Some(id) => Subject::parse(&self.subject_kind, id),
            None => Subject::parse(&self.subject_kind, &self.id.0.to_string()),
        }
    }

    fn parse(self) -> Result<EffectOrder, StoreError> {
        let ordering = OrderingKey::parse(&self.ordering_key).ok();
        let ordering = ordering.and_then(|key| Ordering::parse(&self.ordering, key));
        Ok(EffectOrder {
            key: self.key()?,
            subject: parsed_or_corrupt(self.subject(), "effect.subject_kind or subject_id")?,
            ordering: parsed_or_corrupt(ordering, "effect.ordering or ordering_key")?,
            upstream_id: parsed_or_corrupt(
                UpstreamId::parse(&self.upstream_id).ok(),
                "effect.upstream_id",
            )?,
            payload: parse_payload(self.payload_version, &self.payload, "effect.payload")?,
        })
    }
}

impl StateRow {
    fn effect(self, order: EffectOrder, correlation: CorrelationId) -> Result<Effect, StoreError> {
        Ok(Effect {
            correlation,
            planned_at: moment(self.planned_at, "effect.planned_at")?,
            order,
            state: self.parse()?,
            fence: Fence(counter(self.fence)?),
            unsent: counter(self.unsent)?,
            ambiguous: counter(self.ambiguous)?,
            ambiguous_for: SignedDuration::from_micros(self.ambiguous_us),
            since: moment(self.since, "effect.since")?,
        })
    }

    fn parse(&self) -> Result<EffectState, StoreError> {
        let name = parsed_or_corrupt(Name::parse(&self.state), "effect.state")?;
        let due = self.due_at.map(|at| moment(at, "effect.due_at")).transpose()?;
        let code = |text: &str| UpstreamCode::parse(text).ok();
        match (name, due, &self.worker, &self.code) {
            (Name::Planned, Some(due), None, None) => Ok(EffectState::Planned { due }),
            (Name::Sending, Some(lease_until), Some(worker), None) => {
                let worker = WorkerId((&**worker).into());
                Ok(EffectState::Sending { worker, lease_until })
            }
            (Name::Unknown, Some(settles_at), None, None) => {
                Ok(EffectState::Unknown { settles_at })
            }
            (Name::Confirmed, None, None, None) => Ok(EffectState::Confirmed),
            (Name::Manual, None, None, None) => Ok(EffectState::Manual),
            (Name::Rejected, None, None, Some(text)) => {
                Ok(EffectState::Rejected { code: parsed_or_corrupt(code(text), "effect.code")? })
            }
            (Name::Cancelled, None, None, Some(text)) => {
                let reason = parsed_or_corrupt(CancelReason::parse(text), "effect.code")?;
                Ok(EffectState::Cancelled { reason })
            }
            _ => Err(corrupt("effect.state and its data")),
        }
    }
}

impl<'a> From<&'a Evidence> for EvidenceRow<'a> {
    fn from(evidence: &'a Evidence) -> Self {
        Self {
            kind: evidence.effect.kind.as_str().into(),
            id: Key(evidence.effect.id.0),
            fence: evidence.fence.0,
            worker: (&*evidence.worker.0).into(),
            outcome: evidence.outcome.as_str().into(),
            detail: evidence.outcome.detail(),
            at: evidence.at.into(),
        }
    }
}

impl EvidenceRow<'_> {
    pub(crate) fn parse(self) -> Result<Evidence, StoreError> {
        let kind = EffectKind::parse(&self.kind).ok();
        let kind = parsed_or_corrupt(kind, "effect_evidence.kind")?;
        let outcome = Outcome::parse(&self.outcome, &self.detail);
        Ok(Evidence {
            effect: EffectKey { kind, id: EffectId(self.id.0) },
            fence: Fence(self.fence),
            worker: WorkerId(self.worker.into()),
            outcome: parsed_or_corrupt(outcome, "effect_evidence.outcome or detail")?,
            at: moment(self.at, "effect_evidence.at")?,
        })
    }
}
