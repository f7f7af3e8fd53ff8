//! The name under which an actor is shown to people.

use unicode_normalization::UnicodeNormalization;

use crate::field::{InvalidField, is_plain, reorders};
use crate::parsed_text::parsed_text;
use crate::redacted;

redacted!(DisplayName);

parsed_text! {
    /// An actor's name for people to read. It identifies nobody: two actors may have the same one.
    /// A person's name is personal data.
    pub struct DisplayName:
        "name",
        "must be 1 to 64 characters, one of them visible, without control characters and without \
         characters that reorder text",
        |text| is_plain(text, 64) && is_shown(text);
    /// The name in clear: for the store and for people who may see it, never for a log.
    expose
}

impl DisplayName {
    /// The name of every actor of kind `SYSTEM`.
    pub const SYSTEM: &'static str = "SystemAdmin";

    /// Parses the name of a person, which must not look like [`Self::SYSTEM`]: other case, other
    /// widths, and added blanks and format characters make no difference.
    ///
    /// ```
    /// use madoguchi_domain::display_name::DisplayName;
    ///
    /// assert_eq!(DisplayName::of_human("山田")?.expose(), "山田");
    /// assert!(DisplayName::of_human("system ADMIN").is_err());
    /// # Ok::<(), madoguchi_domain::field::InvalidField>(())
    /// ```
    ///
    /// # Errors
    /// When it breaks a rule.
    pub fn of_human(text: &str) -> Result<Self, InvalidField> {
        let name = Self::parse(text)?;
        if folded(text).eq(folded(Self::SYSTEM)) {
            return Err(InvalidField::new("name", "must not be the name that the system has"));
        }
        Ok(name)
    }
}

/// What is compared. Upper case first: then letters that differ in lower case only are equal.
fn folded(text: &str) -> impl Iterator<Item = char> {
    let folded = text.nfkc().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    // A dot above makes an i look as without it.
    folded.filter(|c| !is_invisible(*c) && *c != '\u{307}')
}

/// Whether a text has a visible character, and none that reorders the others.
pub(crate) fn is_shown(text: &str) -> bool {
    !text.chars().all(is_invisible) && !text.chars().any(reorders)
}

/// Blanks, format characters (`Cf`) and other characters that are usually not shown
/// (`Default_Ignorable_Code_Point`).
fn is_invisible(c: char) -> bool {
    c.is_whitespace() || is_unshown(c)
}

/// Format characters and other characters that are usually not shown.
pub(crate) fn is_unshown(c: char) -> bool {
    UNSHOWN.iter().any(|(first, last)| (*first..=*last).contains(&c))
}

/// Of Unicode 16.0, in order. Braille's blank is shown as one too.
const UNSHOWN: [(char, char); 26] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_person_is_named_like_the_system() {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../tests/vectors.json")).unwrap();
        let names = |list: &str| -> Vec<String> {
            let names = vectors["reserved_sender_names"][list].as_array().unwrap();
            names.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
        };
        for name in names("refuse_for_humans") {
            assert!(DisplayName::of_human(&name).is_err(), "{name:?}");
            assert!(DisplayName::parse(&name).is_ok(), "{name:?}");
        }
        for name in names("accept_for_humans") {
            assert_eq!(DisplayName::of_human(&name).unwrap().expose(), name);
        }
        // A soft hyphen, a variation selector, a tag, a long s, a dotless i, mathematical letters.
        for name in [
            "System\u{ad}Admin",
            "SystemAdmin\u{fe0f}",
            "System\u{e0041}Admin",
            "ſystemAdmin",
            "SYSTEMADMıN",
            "SystemAdmi\u{307}n",
            "𝐒𝐲𝐬𝐭𝐞𝐦𝐀𝐝𝐦𝐢𝐧",
        ] {
            assert!(DisplayName::of_human(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn names_have_bounds_and_reorder_no_text() {
        for name in ["é", "山田 太郎", "Ana d'Ávila-Souza", "नेहा\u{200d}क", &"客".repeat(64)]
        {
            assert!(DisplayName::parse(name).is_ok(), "{name:?}");
        }
        let long = "客".repeat(65);
        for name in ["", " ", "\u{3000}", "\u{200b}", "a\nb", "a\u{85}b", "a\u{fffd}", &long] {
            assert!(DisplayName::parse(name).is_err(), "{name:?}");
        }
        for c in "\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}".chars() {
            assert!(DisplayName::parse(&format!("a{c}b")).is_err(), "{c:?}");
        }
        let name = DisplayName::parse("canary").unwrap();
        assert_eq!(format!("{name:?}"), "DisplayName(***)");
        assert!(!DisplayName::of_human("System Admin").unwrap_err().to_string().contains("Admin"));
    }
}
