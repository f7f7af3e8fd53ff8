//! The request bodies of resolutions.

use madoguchi_domain::approval::ContentHash;
use madoguchi_domain::effect::ManualOutcome;
use madoguchi_domain::field::InvalidField;
use madoguchi_domain::resolution::{
    ProposedOutcome, ResolutionEvidence, ResolutionId, ResolutionReason,
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::SchemaFormat;

use crate::body::{Field, bounded, field_values, one_of, plain, text_of, text_or_null, value};

field_values! {
    /// The id of a resolution, which we made.
    ResolutionId: bounded(36, 36).format(Some(SchemaFormat::Custom("uuid".to_owned())));
    /// Why the effect is resolved.
    ResolutionReason: plain(1, 500);
    /// What shows that the outcome is true, for example the reference of a statement of the bank.
    ResolutionEvidence: plain(1, 1000);
    /// What becomes of the effect; `Planned` sends it again under the same id.
    Outcome: one_of(ManualOutcome::ALL.map(ManualOutcome::as_str));
}

/// An outcome in a body.
#[derive(Debug)]
pub(super) struct Outcome(ManualOutcome);

impl Outcome {
    fn parse(text: &str) -> Result<Self, InvalidField> {
        let rule = "must be Confirmed, Rejected or Planned";
        ManualOutcome::parse(text).map(Self).ok_or(InvalidField::new("outcome", rule))
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ProposeResolution {
    #[schema(schema_with = text_of::<Outcome>)]
    outcome: Field<Outcome>,
    #[schema(schema_with = text_of::<ResolutionReason>)]
    reason: Field<ResolutionReason>,
    /// Required for `Confirmed`.
    #[schema(schema_with = text_or_null::<ResolutionEvidence>)]
    evidence: Option<Field<ResolutionEvidence>>,
}

impl ProposeResolution {
    pub(super) fn proposal(self) -> ProposedOutcome {
        let Self { outcome: Field(Outcome(outcome)), reason: Field(reason), evidence } = self;
        ProposedOutcome { outcome, reason, evidence: value(evidence) }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ApproveResolution {
    /// The `contentHash` of the proposal that was read.
    #[schema(schema_with = text_of::<ContentHash>)]
    pub(super) content_hash: Field<ContentHash>,
}
