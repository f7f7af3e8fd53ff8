//! Effects as the JSON that operators see.

use madoguchi_domain::Timestamp;
use madoguchi_domain::effect::{EffectStateName, FoundEffect, ListedEffect};
use madoguchi_domain::resolution::{Resolution, effect_entries};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::resolution_view::ResolutionView;
use super::timeline::EffectEntryBody;
use crate::blocked::{BlockedOn, blocked_on};
use crate::body::one_of;

pub(crate) fn effect_states() -> RefOr<Schema> {
    one_of(EffectStateName::ALL.map(EffectStateName::as_str)).into()
}

/// An effect.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Effect)]
pub(super) struct EffectView {
    /// The kind, for example `SetLevel` or `Mail`.
    kind: String,
    id: String,
    /// The record that it is about; null if its row cannot be read.
    #[schema(required)]
    subject: Option<SubjectView>,
    #[schema(schema_with = effect_states)]
    state: &'static str,
    /// When it entered its state.
    since: Timestamp,
    /// The number of its newest claim; a claim whose lease lapsed counts twice.
    attempts: i32,
    /// The code of a rejected one, or why it was cancelled; absent in every other state.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// What it waits for; null once it has its final outcome.
    #[schema(required)]
    blocked_on: Option<BlockedOn>,
}

/// The record that an effect is about.
#[derive(Serialize, ToSchema)]
struct SubjectView {
    /// For example `case` or `mail`.
    kind: String,
    id: String,
}

impl From<&ListedEffect> for EffectView {
    fn from(effect: &ListedEffect) -> Self {
        let subject = effect.subject.as_ref();
        Self {
            kind: effect.key.kind.to_string(),
            id: effect.key.id.to_string(),
            subject: subject
                .map(|it| SubjectView { kind: it.kind().to_owned(), id: it.id().to_owned() }),
            state: effect.state.as_str(),
            since: effect.since,
            attempts: effect.fence.0,
            code: effect.code.clone(),
            blocked_on: blocked_on(effect),
        }
    }
}

/// An effect with everything that is known of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EffectDetail)]
pub(super) struct EffectDetail<'a> {
    #[serde(flatten)]
    effect: EffectView,
    /// When it was planned, or due if that is later.
    planned_at: Timestamp,
    /// Its constant id at the other system; null if its order cannot be read.
    #[schema(required)]
    upstream_id: Option<&'a str>,
    /// Whether evidence proves that it was applied. If it is not settled, it is confirmed without
    /// people.
    is_proven: bool,
    /// Whether its order can be read: another one can only be rejected.
    is_readable: bool,
    /// Attempts and resolutions, oldest first.
    timeline: Vec<EffectEntryBody<'a>>,
    /// The resolution that waits for an approval.
    #[schema(required)]
    resolution: Option<ResolutionView<'a>>,
}

impl<'a> EffectDetail<'a> {
    pub(super) fn of(
        found: &'a FoundEffect,
        resolutions: &'a [Resolution],
        now: Timestamp,
    ) -> Self {
        let effect = &found.effect;
        let entries = effect_entries(&found.attempts, resolutions.iter().map(|it| &it.facts));
        let is_open = |it: &&Resolution| !effect.state.name().is_settled() && it.is_open(now);
        let open = resolutions.iter().find(is_open);
        Self {
            effect: EffectView::from(&ListedEffect::from(effect)),
            planned_at: effect.planned_at,
            upstream_id: found.is_readable.then(|| effect.order.upstream_id.as_str()),
            is_proven: found.is_proven(),
            is_readable: found.is_readable,
            timeline: entries.into_iter().map(EffectEntryBody::from).collect(),
            resolution: open.map(ResolutionView::from),
        }
    }
}
