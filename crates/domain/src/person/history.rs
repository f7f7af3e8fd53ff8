//! The history of a person's contact details: every version, and what each changed.

use super::ContactDetails;
use crate::act::Act;

/// The contact details of a person as one change left them. Versions are never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonVersion {
    /// Its number, from 1.
    pub version: u32,
    /// The details since then.
    pub details: ContactDetails,
    /// Who made the change, when, and in which request.
    pub act: Act,
}

/// One change of contact details, with old and new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DetailChange<'a> {
    /// The details before; `None` for the registration.
    pub before: Option<&'a ContactDetails>,
    /// The version that it made.
    pub after: &'a PersonVersion,
}

/// The changes that lead from version to version. `versions` is a whole history, oldest first.
pub fn changes(versions: &[PersonVersion]) -> impl Iterator<Item = DetailChange<'_>> {
    let before = std::iter::once(None).chain(versions.iter().map(|it| Some(&it.details)));
    before.zip(versions).map(|(before, after)| DetailChange { before, after })
}
