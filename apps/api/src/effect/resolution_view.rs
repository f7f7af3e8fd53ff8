//! Resolutions as the JSON that operators see.

use madoguchi_domain::Timestamp;
use madoguchi_domain::effect::ManualOutcome;
use madoguchi_domain::resolution::{
    Resolution, ResolutionEvidence, ResolutionId, ResolutionStateName, WrittenResolution,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::body::{one_of, text_of};
use crate::who::Who;

pub(super) fn resolution_states() -> RefOr<Schema> {
    one_of(ResolutionStateName::ALL.map(ResolutionStateName::as_str)).into()
}

pub(super) fn outcomes() -> RefOr<Schema> {
    one_of(ManualOutcome::ALL.map(ManualOutcome::as_str)).into()
}

/// The answer of a call that wrote a resolution.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WrittenResolution)]
pub(super) struct WrittenResolutionView {
    #[schema(schema_with = text_of::<ResolutionId>)]
    resolution_id: String,
    #[schema(schema_with = resolution_states)]
    state: &'static str,
    /// What an approval names: a hash of outcome, reason, evidence and the effect's state.
    content_hash: String,
}

impl From<&WrittenResolution> for WrittenResolutionView {
    fn from(written: &WrittenResolution) -> Self {
        Self {
            resolution_id: written.id.to_string(),
            state: written.state.as_str(),
            content_hash: written.content_hash.to_hex(),
        }
    }
}

/// A resolution.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Resolution)]
pub(super) struct ResolutionView<'a> {
    #[schema(schema_with = text_of::<ResolutionId>)]
    resolution_id: String,
    /// The kind of the effect.
    kind: &'a str,
    effect_id: String,
    #[schema(schema_with = outcomes)]
    outcome: &'static str,
    reason: &'a str,
    #[schema(required)]
    evidence: Option<&'a str>,
    #[schema(schema_with = resolution_states)]
    state: &'static str,
    /// What an approval names.
    content_hash: String,
    proposed_at: Timestamp,
    proposed_by: Who<'a>,
    /// When it lapses without an approval.
    lapses_at: Timestamp,
    #[schema(required)]
    closed_at: Option<Timestamp>,
    /// Who approved or withdrew it.
    #[schema(required)]
    closed_by: Option<Who<'a>>,
}

impl<'a> From<&'a Resolution> for ResolutionView<'a> {
    fn from(resolution: &'a Resolution) -> Self {
        let facts = &resolution.facts;
        Self {
            resolution_id: facts.id.to_string(),
            kind: facts.effect.kind.as_str(),
            effect_id: facts.effect.id.to_string(),
            outcome: facts.outcome.as_str(),
            reason: resolution.reason.expose(),
            evidence: resolution.evidence.as_ref().map(ResolutionEvidence::expose),
            state: facts.state.name().as_str(),
            content_hash: resolution.content_hash().to_hex(),
            proposed_at: facts.proposed_at,
            proposed_by: facts.proposers.author().into(),
            lapses_at: facts.lapses_at,
            closed_at: facts.state.closed_at(),
            closed_by: facts.state.closed_by().map(Who::from),
        }
    }
}
