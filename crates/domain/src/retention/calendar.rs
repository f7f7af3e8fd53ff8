//! The calendar of retention: days of Japan, and two months that end with the month.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, ToSpan};

use crate::Timestamp;

/// Japan has had no other offset since 1952.
const JAPAN: Offset = Offset::constant(9);

/// How long what belongs to an application is kept after the day of its completion (spec
/// `3-contacts.md`, Retention).
fn kept_for() -> Span {
    2.months()
}

/// A day in Japan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JapanDay(Date);

impl JapanDay {
    /// The day in Japan at this moment.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        Self(at.to_zoned(TimeZone::fixed(JAPAN)).date())
    }

    /// Parses a day such as `2020-10-22`, of the years 1900 to 9000.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let day: Date = text.parse().ok()?;
        let is_usual = day.to_string() == text && (1900..=9000).contains(&day.year());
        is_usual.then_some(Self(day))
    }

    /// The first moment of the day.
    #[must_use]
    pub fn begins(self) -> Timestamp {
        let midnight = self.0.to_zoned(TimeZone::fixed(JAPAN));
        midnight.map_or(Timestamp::MAX, |midnight| midnight.timestamp())
    }

    /// The first moment after the day.
    #[must_use]
    pub fn ends(self) -> Timestamp {
        Self(self.0.saturating_add(1.day())).begins()
    }

    /// The last day of the retention of an application that completed on this day: the same day
    /// two months later, or the last of that month if it has no such day.
    ///
    /// ```
    /// use madoguchi_domain::retention::JapanDay;
    ///
    /// let completed = JapanDay::parse("2020-12-31").unwrap();
    /// assert_eq!(completed.last_day_kept().to_string(), "2021-02-28");
    /// ```
    #[must_use]
    pub fn last_day_kept(self) -> Self {
        Self(self.0.saturating_add(kept_for()))
    }

    /// The first moment after its retention: the end of the last day.
    #[must_use]
    pub fn kept_until(self) -> Timestamp {
        self.last_day_kept().ends()
    }
}

impl fmt::Display for JapanDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn day(text: &str) -> JapanDay {
        JapanDay::parse(text).unwrap()
    }

    #[test]
    fn the_vectors_of_the_specification_hold() {
        let vectors: Value =
            serde_json::from_str(include_str!("../../tests/vectors.json")).unwrap();
        let vectors = vectors["retention_2_months_jst"].as_array().unwrap();
        assert_eq!(vectors.len(), 4);
        for vector in vectors {
            let text = |name: &str| vector[name].as_str().unwrap();
            let completed = day(text("completed"));
            assert_eq!(completed.last_day_kept(), day(text("last_day_kept")));
        }
    }

    #[test]
    fn a_day_of_japan_begins_nine_hours_before_the_same_day_of_utc() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(JapanDay::of(at("2020-10-22T14:59:59.999999Z")), day("2020-10-22"));
        assert_eq!(JapanDay::of(at("2020-10-22T15:00:00Z")), day("2020-10-23"));
        assert_eq!(JapanDay::of(at("2020-10-22T23:30:00-05:00")), day("2020-10-23"));
        assert_eq!(day("2020-10-22").begins(), at("2020-10-21T15:00:00Z"));
        // The last day is kept to its end.
        assert_eq!(day("2020-10-22").kept_until(), at("2020-12-22T15:00:00Z"));
        assert_eq!(day("2019-12-31").kept_until(), at("2020-02-29T15:00:00Z"));
    }

    #[test]
    fn only_a_day_in_its_usual_form_is_read() {
        for text in ["2020-2-3", "20200203", "2021-02-29", "", "2020-02-03T00:00", "0001-01-01"] {
            assert_eq!(JapanDay::parse(text), None, "{text}");
        }
    }

    /// The days of a month, counted without the calendar of a library.
    const fn days_in(year: i16, month: i8) -> i8 {
        match month {
            2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    /// Every day of 400 years, which is the period of the calendar.
    #[test]
    fn every_day_of_400_years_is_kept_two_months() {
        let mut completed = day("1900-01-01");
        let (mut days, mut before) = (0, None);
        while completed.0.year() < 2300 {
            let (year, month, of_month) =
                (completed.0.year(), completed.0.month(), completed.0.day());
            let (year, month) = if month > 10 { (year + 1, month - 10) } else { (year, month + 2) };
            let expected = Date::new(year, month, of_month.min(days_in(year, month))).unwrap();
            assert_eq!(completed.last_day_kept().0, expected, "completed on {completed}");
            assert_eq!(completed.kept_until(), JapanDay(expected.tomorrow().unwrap()).begins());
            // Who completes later is not deleted earlier.
            assert!(before.is_none_or(|before| before <= completed.last_day_kept()));
            before = Some(completed.last_day_kept());
            completed = JapanDay(completed.0.tomorrow().unwrap());
            days += 1;
        }
        assert_eq!(days, 146_097);
    }

    proptest! {
        #[test]
        fn a_moment_is_in_the_day_that_it_is_of(second in -2_208_988_800_i64..10_413_792_000) {
            let at = Timestamp::from_second(second).unwrap();
            let of = JapanDay::of(at);
            prop_assert!(of.begins() <= at);
            prop_assert!(at < JapanDay(of.0.tomorrow().unwrap()).begins());
            prop_assert_eq!(JapanDay::parse(&of.to_string()), Some(of));
            // Between 59 days (to the end of a February) and 62 days, and the rest of the day.
            let kept = of.kept_until().duration_since(at).as_secs();
            prop_assert!((59 * 86_400..=63 * 86_400).contains(&kept));
        }
    }
}
