//! The recipients of an announcement: how many, and a hash by which a change is noticed.

use sha2::{Digest, Sha256};

use crate::person::PersonId;

/// The recipients of an announcement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audience {
    /// How many persons.
    pub recipients: u32,
    /// The hash of their ids.
    pub hash: [u8; 32],
}

/// Hashes persons one by one, in ascending order of their ids.
///
/// ```
/// use madoguchi_domain::announcement::AudienceHash;
/// use madoguchi_domain::person::PersonId;
///
/// let mut hash = AudienceHash::default();
/// hash.add(&PersonId::parse("PER0001")?);
/// assert_eq!(hash.finish().recipients, 1);
/// # Ok::<(), madoguchi_domain::field::InvalidField>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct AudienceHash {
    hash: Sha256,
    recipients: u32,
}

impl AudienceHash {
    /// Adds the next person.
    pub fn add(&mut self, person: &PersonId) {
        let id = person.expose().as_bytes();
        // The length first: otherwise two ids could be hashed like one.
        self.hash.update(u64::try_from(id.len()).unwrap_or(u64::MAX).to_be_bytes());
        self.hash.update(id);
        self.recipients = self.recipients.saturating_add(1);
    }

    /// The recipients that were added.
    #[must_use]
    pub fn finish(self) -> Audience {
        Audience { recipients: self.recipients, hash: self.hash.finalize().into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ids: &[&str]) -> Audience {
        let mut hash = AudienceHash::default();
        ids.iter().for_each(|id| hash.add(&PersonId::parse(id).unwrap()));
        hash.finish()
    }

    #[test]
    fn every_other_audience_has_another_hash() {
        assert_eq!(of(&["A", "B"]), of(&["A", "B"]));
        for other in [&["AB"][..], &["A"], &["A", "C"], &["A", "B", "C"], &[]] {
            assert_ne!(of(other).hash, of(&["A", "B"]).hash, "{other:?}");
        }
    }
}
