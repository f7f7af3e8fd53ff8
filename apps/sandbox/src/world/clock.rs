//! The world's own clock: as an external system, it does not share the service's clock.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// The bank's time zone in hours: every DA21 message carries this offset.
const BANK_OFFSET: Offset = Offset::constant(8);

#[expect(clippy::disallowed_methods, reason = "the world outside keeps its own time")]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

/// A time like `2015-12-06T12:01:01.00+08:00`: hundredths of a second, and the bank's offset.
pub(super) fn bank_time(at: Timestamp) -> String {
    let zoned = at.to_zoned(TimeZone::fixed(BANK_OFFSET));
    zoned.strftime("%Y-%m-%dT%H:%M:%S%.2f%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bank_time_has_two_digits_of_a_second_and_the_banks_offset() {
        let at: Timestamp = "2015-12-06T04:01:10.009Z".parse().unwrap();
        assert_eq!(bank_time(at), "2015-12-06T12:01:10.00+08:00");
    }
}
