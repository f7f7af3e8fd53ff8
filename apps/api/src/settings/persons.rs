//! The configuration of persons.

use super::reader::{Section, value};
use crate::written_address::{Region, parse_region};

/// The rules of persons.
#[derive(Debug, Clone, Copy)]
pub struct PersonsSection {
    /// The region whose national notation of phone numbers is accepted.
    pub default_region: Region,
    /// Whether an account has at most one person.
    pub one_per_account: bool,
}

impl PersonsSection {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let region = value::parsed(parse_region);
        Self {
            default_region: section.or("default_region", Region::JP, region),
            one_per_account: section.or("one_per_account", true, value::boolean),
        }
    }
}
