//! The decision lane: one answer for each who asks, one act for all who ask the same.

mod batches;
mod faults;
mod rivals;

use madoguchi_application::ServiceError;
use madoguchi_domain::upgrade::{Refusal, StateName};

use crate::lane_harness::Told;

/// Where the case stands for whoever was told this.
fn stands(told: &Told) -> Result<StateName, ServiceError> {
    told.as_ref().map(|standing| standing.case.state.name()).map_err(|error| *error)
}

const CONTRADICTION: ServiceError = ServiceError::Refused(Refusal::Contradiction);
