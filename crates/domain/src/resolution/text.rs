//! The texts of a resolution, which may hold personal data.

use crate::display_name::is_shown;
use crate::field::is_plain;
use crate::parsed_text::parsed_text;
use crate::redacted;

redacted!(ResolutionReason, ResolutionEvidence);

parsed_text! {
    /// Why an effect is resolved.
    pub struct ResolutionReason:
        "reason",
        "must be 1 to 500 characters, one of them visible, without control characters and without \
         characters that reorder text",
        |text| is_plain(text, 500) && is_shown(text);
    /// The reason in clear: for people who may see it, never for a log.
    expose
}

parsed_text! {
    /// What shows that the outcome is true, for example the reference of a statement of the bank.
    pub struct ResolutionEvidence:
        "evidence",
        "must be 1 to 1000 characters, one of them visible, without control characters and without \
         characters that reorder text",
        |text| is_plain(text, 1000) && is_shown(text);
    /// The evidence in clear: for people who may see it, never for a log.
    expose
}
