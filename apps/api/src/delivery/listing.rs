//! What a list of the delivery watch asks for.

use madoguchi_domain::delivery::{WatchFilter, WatchReason};
use madoguchi_domain::person::PersonId;

use crate::problem::Problem;
use crate::query::Query;

/// The parameters of the list.
pub(super) const PARAMETERS: &[&str] = &["reason", "personId", "from", "to", "cursor", "limit"];

pub(super) fn filter(mut query: Query) -> Result<WatchFilter, Problem> {
    Ok(WatchFilter {
        reason: query.one_of(
            "reason",
            WatchReason::parse,
            "must be STOPPED, FAILED, UNCERTAIN, BOUNCED, SAME_EMAIL or SAME_PHONE",
        )?,
        person: query.take("personId", PersonId::parse)?,
        from: query.time("from")?,
        before: query.time("to")?,
    })
}
