//! Parsers of single values; their messages say what the value must be.

use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_domain::field::InvalidField;

use super::Given;

pub(in crate::settings) fn text(given: Given) -> Result<String, String> {
    let text = given.into_text().filter(|text| !text.is_empty());
    text.ok_or_else(|| "must be text that is not empty".into())
}

pub(in crate::settings) fn path(given: Given) -> Result<PathBuf, String> {
    text(given).map(PathBuf::from).map_err(|_| "must be a path".into())
}

pub(in crate::settings) fn boolean(given: Given) -> Result<bool, String> {
    given.value.as_bool().ok_or_else(|| "must be true or false".into())
}

pub(in crate::settings) fn whole(
    least: u32,
    most: u32,
) -> impl FnOnce(Given) -> Result<u32, String> {
    move |given| {
        let number = given.value.as_integer().and_then(|number| u32::try_from(number).ok());
        number
            .filter(|number| (least..=most).contains(number))
            .ok_or_else(|| format!("must be a whole number from {least} to {most}"))
    }
}

pub(in crate::settings) fn millis(
    least: u32,
    most: u32,
) -> impl FnOnce(Given) -> Result<Duration, String> {
    let number = whole(least, most);
    move |given| {
        let millis = number(given).map_err(|what| format!("{what} (milliseconds)"))?;
        Ok(Duration::from_millis(millis.into()))
    }
}

/// The same in the domain's type.
pub(in crate::settings) fn signed_millis(
    least: u32,
    most: u32,
) -> impl FnOnce(Given) -> Result<SignedDuration, String> {
    let length = millis(least, most);
    move |given| SignedDuration::try_from(length(given)?).map_err(|error| error.to_string())
}

pub(in crate::settings) fn parsed<T, E: std::fmt::Display>(
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> impl FnOnce(Given) -> Result<T, String> {
    move |given| parse(&text(given)?).map_err(|error| error.to_string())
}

/// A field of the domain: its error names the field, and the key is named already.
pub(in crate::settings) fn field<T>(
    parse: impl FnOnce(&str) -> Result<T, InvalidField>,
) -> impl FnOnce(Given) -> Result<T, String> {
    parsed(|text: &str| parse(text).map_err(|error| error.rule))
}
