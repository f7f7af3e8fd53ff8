//! The answers of calls that write contacts.

use madoguchi_domain::contact::{Approvals, ContactId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::text_of;
use crate::problem::Problem;
use crate::view::SUCCEEDED;

/// A contact that was written.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WrittenView {
    #[schema(schema_with = text_of::<ContactId>)]
    pub(super) contact_id: String,
}

/// What became of one contact that was to be approved.
#[derive(Serialize, ToSchema)]
#[schema(as = ApprovalOutcome)]
pub(super) struct OutcomeView {
    #[serde(rename = "contactId")]
    #[schema(schema_with = text_of::<ContactId>)]
    contact_id: String,
    /// Whether this call approved it.
    approved: bool,
    /// `0000`, or the error code of an approval alone.
    result_code: &'static str,
    /// For people; null if it was approved.
    #[schema(required)]
    message: Option<String>,
}

impl OutcomeView {
    pub(super) fn of(id: ContactId, Approvals(outcomes): &Approvals) -> Option<Self> {
        let problem = outcomes.get(&id)?.err().map(Problem::from);
        Some(Self {
            contact_id: id.to_string(),
            approved: problem.is_none(),
            result_code: problem.as_ref().map_or(SUCCEEDED, Problem::shown_code),
            message: problem.map(|problem| problem.message.into_owned()),
        })
    }
}
