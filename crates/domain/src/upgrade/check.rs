//! The check before the video call: its service, reference and time.

use crate::Timestamp;
use crate::field::{InvalidField, is_plain};
use crate::parsed_text::parsed_text;
use crate::redacted;

redacted!(CheckReference);

/// The service that checked the customer. The source does not define VA: an opaque second
/// service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CheckSource {
    /// The scan-code check.
    Edda,
    /// The website's VA check.
    Va,
}

impl CheckSource {
    /// The text on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Edda => "EDDA",
            Self::Va => "VA",
        }
    }

    /// Parses the text that [`as_str`](Self::as_str) returns.
    ///
    /// # Errors
    /// For any other text.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        [Self::Edda, Self::Va]
            .into_iter()
            .find(|source| source.as_str() == text)
            .ok_or(InvalidField::new("source", "must be EDDA or VA"))
    }
}

parsed_text! {
    /// The checking service's reference: 1 to 64 characters, no control character. Source and
    /// reference together are unique among all cases.
    #[derive(Hash)]
    pub struct CheckReference:
        "reference",
        "must be 1 to 64 characters without control characters",
        |text| is_plain(text, 64);
    /// The reference in clear: for the store, never for a log.
    expose
}

/// One finished check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The checking service.
    pub source: CheckSource,
    /// Its reference.
    pub reference: CheckReference,
    /// When the result was received.
    pub at: Timestamp,
}
