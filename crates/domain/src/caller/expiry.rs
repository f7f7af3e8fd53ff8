//! `expireIn`: when a context expires.

use jiff::civil::Date;
use jiff::tz::{TimeZone, offset};
use jiff::{SignedDuration, Timestamp};

/// Parses `expireIn`: a whole number of seconds from `now`, or a date. The source calls it a
/// remaining time and shows a date. A date means its start in Brasília (UTC−3), the earliest
/// possible moment. `None` for anything else (`docs/guide/callers.md`).
///
/// ```
/// use madoguchi_domain::{Timestamp, caller::expiry};
///
/// let now: Timestamp = "2021-03-20T12:00:00Z".parse()?;
/// assert_eq!(expiry("90", now), Some("2021-03-20T12:01:30Z".parse()?));
/// assert_eq!(expiry("2021-03-21", now), Some("2021-03-21T03:00:00Z".parse()?));
/// assert_eq!(expiry("soon", now), None);
/// # Ok::<(), jiff::Error>(())
/// ```
#[must_use]
pub fn expiry(text: &str, now: Timestamp) -> Option<Timestamp> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits(text) {
        let seconds = text.parse().ok()?;
        return now.checked_add(SignedDuration::from_secs(seconds)).ok();
    }
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else {
        return None;
    };
    let form = [(year, 4), (month, 2), (day, 2)];
    if !form.iter().all(|(part, length)| part.len() == *length && digits(part)) {
        return None;
    }
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    Some(date.to_zoned(TimeZone::fixed(offset(-3))).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_number_of_seconds_or_a_day_in_brasilia() {
        let now: Timestamp = "2021-03-20T12:00:00Z".parse().unwrap();
        let cases = [
            ("0", Some("2021-03-20T12:00:00Z")),
            ("90", Some("2021-03-20T12:01:30Z")),
            ("2021-03-21", Some("2021-03-21T03:00:00Z")),
            ("2020-02-29", Some("2020-02-29T03:00:00Z")),
            ("", None),
            ("soon", None),
            ("-90", None),
            ("+90", None),
            ("９０", None),
            ("90.5", None),
            ("99999999999999999999", None),
            ("9999999999999", None),
            ("2021-02-29", None),
            ("21-03-21", None),
            ("2021-3-21", None),
            ("2021-03-1", None),
            ("2021-03", None),
            ("2021-03-21-00", None),
            ("2021-+3-21", None),
            ("2O21-03-21", None),
        ];
        for (text, expected) in cases {
            let expected = expected.map(|it| it.parse::<Timestamp>().unwrap());
            assert_eq!(expiry(text, now), expected, "{text}");
        }
    }
}
