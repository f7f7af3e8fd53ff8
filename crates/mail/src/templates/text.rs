//! The rules of a text before and after it is rendered.

use madoguchi_domain::field::reorders;

/// The most characters of a subject, so that mail programs show it.
const LONGEST_SUBJECT: usize = 200;

/// Refuses what mail programs show in another way than editors do, or not at all.
pub(super) fn check_text(text: &str) -> Result<(), String> {
    let is_bad = |c: char| (c.is_control() && c != '\n') || reorders(c) || c == '\u{feff}';
    for (line, text) in (1..).zip(text.split('\n')) {
        if let Some(bad) = text.chars().find(|c| is_bad(*c)) {
            return Err(format!(
                "must not have U+{:04X} (line {line}): no control characters (also no tabs or \
                 carriage returns), no characters that change the direction, no byte order mark",
                u32::from(bad)
            ));
        }
    }
    Ok(())
}

pub(super) fn check_subject(subject: &str) -> Result<(), String> {
    if subject.is_empty() || subject.contains('\n') {
        return Err("must be one line, and not empty".to_owned());
    }
    if subject.chars().count() > LONGEST_SUBJECT {
        return Err(format!("must have at most {LONGEST_SUBJECT} characters"));
    }
    Ok(())
}
