//! The request bodies of retention.

use madoguchi_domain::contact::ApplicationId;
use madoguchi_domain::person::PersonId;
use madoguchi_domain::retention::{HoldCommand, HoldId, HoldReason, HoldSubject};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::SchemaFormat;

use crate::body::{Field, bounded, field_values, plain, text_of, text_or_null, value};
use crate::problem::Problem;
use crate::query::Moment;

field_values! {
    /// The id of a legal hold, which we made.
    HoldId: bounded(36, 36).format(Some(SchemaFormat::Custom("uuid".to_owned())));
    /// Why the hold is placed.
    HoldReason: plain(1, 500);
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CompleteApplication {
    /// When the application completed; its day in Japan counts. Not in the future.
    #[schema(schema_with = text_of::<Moment>)]
    pub(super) completed_at: Field<Moment>,
}

/// Exactly one of `personId` and `applicationId`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PlaceHold {
    #[schema(schema_with = text_or_null::<PersonId>)]
    person_id: Option<Field<PersonId>>,
    #[schema(schema_with = text_or_null::<ApplicationId>)]
    application_id: Option<Field<ApplicationId>>,
    #[schema(schema_with = text_of::<HoldReason>)]
    reason: Field<HoldReason>,
}

impl PlaceHold {
    pub(super) fn command(self) -> Result<HoldCommand, Problem> {
        let subject = match (value(self.person_id), value(self.application_id)) {
            (Some(id), None) => HoldSubject::Person(id),
            (None, Some(id)) => HoldSubject::Application(id),
            (_, _) => {
                return Err(Problem::invalid("give exactly one of personId and applicationId"));
            }
        };
        Ok(HoldCommand { subject, reason: self.reason.0 })
    }
}
