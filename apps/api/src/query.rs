//! Query strings, read strictly: known parameters, each once. No error contains a value.

use std::collections::BTreeMap;

use madoguchi_domain::Timestamp;
use madoguchi_domain::field::InvalidField;
use utoipa::openapi::schema::SchemaFormat;

use crate::body::{bounded, field_values};
use crate::problem::Problem;

/// The parameters of a request that are not read yet.
#[derive(Debug)]
pub(crate) struct Query(BTreeMap<&'static str, String>);

impl Query {
    /// Reads a query string that has no other parameters than these.
    pub(crate) fn read(text: &str, known: &'static [&'static str]) -> Result<Self, Problem> {
        let mut parameters = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            let Some(name) = known.iter().find(|it| **it == name) else {
                let known = known.join(", ");
                let rule = format!("the query has a parameter that is not one of: {known}");
                return Err(Problem::invalid(rule));
            };
            if parameters.insert(*name, value.into_owned()).is_some() {
                return Err(InvalidField::new(name, "must be given only once, not twice").into());
            }
        }
        Ok(Self(parameters))
    }

    /// Whether a parameter is given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Takes a parameter, if it is given.
    pub(crate) fn take<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, InvalidField>,
    ) -> Result<Option<T>, Problem> {
        let given = self.0.remove(name).map(|value| parse(&value)).transpose();
        given.map_err(|refused| InvalidField { field: name, ..refused }.into())
    }

    /// Takes a parameter that has one of a closed set of values.
    pub(crate) fn one_of<T>(
        &mut self,
        name: &'static str,
        parse: fn(&str) -> Option<T>,
        rule: &'static str,
    ) -> Result<Option<T>, Problem> {
        self.take(name, |text| parse(text).ok_or(InvalidField::new(name, rule)))
    }

    /// Takes a time.
    pub(crate) fn time(&mut self, name: &'static str) -> Result<Option<Timestamp>, Problem> {
        self.take(name, time)
    }

    /// What is left, in one order, as a text that differs if a parameter differs.
    pub(crate) fn rest(&self) -> String {
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(&self.0).finish()
    }
}

/// A time as a field of a body or a parameter.
#[derive(Debug)]
pub(crate) struct Moment(pub(crate) Timestamp);

impl Moment {
    fn parse(text: &str) -> Result<Self, InvalidField> {
        time(text).map(Self)
    }
}

field_values! {
    /// A time with an offset (RFC 3339) of the years 2000 to 2099.
    Moment: bounded(20, 40).format(Some(SchemaFormat::Custom("date-time".to_owned())));
}

/// A time with an offset (RFC 3339 §5.6), cut to the whole microseconds that are stored.
pub(crate) fn time(text: &str) -> Result<Timestamp, InvalidField> {
    let form = "must be an RFC 3339 time with an offset, for example 2026-11-29T09:00:00+09:00";
    let years = "must be a time of the years 1970 to 9998";
    if !is_rfc_3339(text) {
        return Err(InvalidField::new("time", form));
    }
    let range = InvalidField::new("time", years);
    let time = text.parse::<Timestamp>().map_err(|_| match text.starts_with("9999") {
        true => range,
        false => InvalidField::new("time", form),
    })?;
    let stored = Timestamp::from_microsecond(time.as_microsecond()).ok();
    stored.filter(|it| *it >= Timestamp::UNIX_EPOCH).ok_or(range)
}

/// Whether a text has the form of RFC 3339, whatever its numbers are.
fn is_rfc_3339(text: &str) -> bool {
    let Some((date_time, rest)) = text.split_at_checked(19) else {
        return false;
    };
    let fits = |text: &str, form: &str| {
        text.len() == form.len()
            && text.bytes().zip(form.bytes()).all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                b'T' => byte == b'T' || byte == b't',
                other => byte == other,
            })
    };
    let offset = rest.strip_prefix('.').map_or(Some(rest), |fraction| {
        let offset = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        (1..=9).contains(&(fraction.len() - offset.len())).then_some(offset)
    });
    let is_offset = |offset: &str| {
        let (hours, minutes) = (offset.get(1..3), offset.get(4..6));
        let is_low = |number: Option<&str>, most: u8| {
            number.and_then(|it| it.parse().ok()).is_some_and(|it: u8| it <= most)
        };
        (fits(offset, "+00:00") || fits(offset, "-00:00"))
            && is_low(hours, 23)
            && is_low(minutes, 59)
    };
    fits(date_time, "0000-00-00T00:00:00")
        && offset.is_some_and(|it| it == "Z" || it == "z" || is_offset(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["limit", "name", "since"];

    fn refusal(text: &str) -> String {
        Query::read(text, KNOWN).unwrap_err().message.into_owned()
    }

    #[test]
    fn parameters_are_known_and_given_once() {
        let mut query = Query::read("name=a%20b%2B+c&limit=7", KNOWN).unwrap();
        assert_eq!(query.rest(), "limit=7&name=a+b%2B+c");
        let name = query.take("name", |text| Ok(text.to_owned())).unwrap();
        assert_eq!((name.as_deref(), query.rest().as_str()), (Some("a b+ c"), "limit=7"));
        assert_eq!(query.take("since", |text| Ok(text.to_owned())), Ok(None));
        assert_eq!(
            refusal("canary=1"),
            "the query has a parameter that is not one of: limit, \
            name, since"
        );
        assert_eq!(refusal("name=1&name=canary"), "name must be given only once, not twice");
        assert_eq!(refusal("Name=1"), refusal("canary=1"));
        assert!(Query::read("&&", KNOWN).unwrap().rest().is_empty());
    }

    #[test]
    fn a_refused_value_is_named_and_not_shown() {
        let mut query = Query::read("since=canary", KNOWN).unwrap();
        let refused = query.time("since").unwrap_err();
        assert!(refused.message.starts_with("since must be an RFC 3339 time"));
        assert!(!refused.message.contains("canary"));
    }

    #[test]
    fn a_time_has_an_offset_and_whole_microseconds() {
        let of = |text: &str| time(text).map(|it| it.as_nanosecond());
        assert_eq!(of("1970-01-01T09:00:01.0000019+09:00"), Ok(1_000_001_000));
        for bad in [
            "",
            "1",
            "now",
            "2026-11-29",
            "2026-11-29T00:00:00",
            "2026-11-29T10Z",
            "2026-11-29T10:00Z",
            "20261129T100000Z",
            "+002026-11-29T10:00:00Z",
            "2026-11-29T10:00:00,5Z",
            "2026-11-29T10:00:00.Z",
            "2026-11-29T10:00:00.0123456789Z",
            "2026-11-29T10:00:00+09",
            "2026-11-29T10:00:00+0900",
            "2026-11-29T10:00:00+09:00:30",
            "2026-11-29T10:00:00+25:00",
            "2026-11-29T10:00:00+09:00[Asia/Tokyo]",
            "2026-13-29T10:00:00Z",
            "2026-11-31T10:00:00Z",
            "客客客客客客客",
        ] {
            let refused = time(bad).unwrap_err();
            assert!(refused.rule.starts_with("must be an RFC 3339 time"), "{bad}");
        }
        for far in ["1969-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
            assert_eq!(time(far).unwrap_err().rule, "must be a time of the years 1970 to 9998");
        }
        assert!(time("9998-12-30t00:00:00z").is_ok());
    }
}
