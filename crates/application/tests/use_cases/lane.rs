//! Tests the decision lane: one answer for each request, one effect for equal requests.

mod batches;
mod faults;
mod keyed;
mod rivals;

use madoguchi_application::ServiceError;
use madoguchi_domain::upgrade::{Refusal, StateName};

use crate::lane_harness::Told;

/// The case's state in this answer.
fn stands(reported: &Told) -> Result<StateName, ServiceError> {
    reported.as_ref().map(|standing| standing.state).map_err(|error| *error)
}

const CONTRADICTION: ServiceError = ServiceError::Refused(Refusal::Contradiction);
