//! The reason of a legal hold, which may hold personal data.

use crate::display_name::is_shown;
use crate::field::is_plain;
use crate::parsed_text::parsed_text;
use crate::redacted;

redacted!(HoldReason);

parsed_text! {
    /// Why a legal hold is placed.
    pub struct HoldReason:
        "reason",
        "must be 1 to 500 characters, one of them visible, without control characters and without \
         characters that reorder text",
        |text| is_plain(text, 500) && is_shown(text);
    /// The reason in clear: for people who may see it, never for a log.
    expose
}
