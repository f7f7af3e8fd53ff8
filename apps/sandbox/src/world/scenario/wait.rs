//! The wait of a scenario.

/// Maximum wait of a scenario, in milliseconds: ten minutes.
const LONGEST_MS: u64 = 600_000;

pub(super) fn milliseconds(name: &str, text: Option<&str>) -> Result<u64, String> {
    text.and_then(|digits| digits.parse().ok())
        .filter(|ms| *ms <= LONGEST_MS)
        .ok_or_else(|| format!("scenario: write `{name}:<ms>` with 0 to {LONGEST_MS} milliseconds"))
}
