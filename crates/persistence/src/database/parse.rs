//! Parses column values; an invalid one is reported as corrupt at its place.

use madoguchi_domain::Timestamp;
use madoguchi_domain::actor::{ActorKind, ActorRef};
use madoguchi_domain::field::InvalidField;
use madoguchi_domain::payload::Payload;
use madoguchi_domain::personal::Personal;
use madoguchi_domain::port::StoreError;

use super::column::At;

/// The error for an invalid value in `place`.
pub(crate) const fn corrupt(place: &'static str) -> StoreError {
    StoreError::Corrupt(place)
}

/// The parsed value, or an error that names `place`.
pub(crate) fn parsed_or_corrupt<T>(
    parsed: Option<T>,
    place: &'static str,
) -> Result<T, StoreError> {
    parsed.ok_or(corrupt(place))
}

/// A number that is never negative.
pub(crate) fn whole(number: i32, place: &'static str) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| corrupt(place))
}

/// A timestamp in the valid range.
pub(crate) fn moment(at: At, place: &'static str) -> Result<Timestamp, StoreError> {
    parsed_or_corrupt(at.moment(), place)
}

/// A payload's fields as a JSON object.
pub(crate) fn payload_text(payload: &Payload) -> String {
    // A map of texts is always JSON; an empty text would be found when it is parsed.
    serde_json::to_string(&payload.fields).unwrap_or_default()
}

/// The payload in `place`.
pub(crate) fn parse_payload(
    version: i32,
    text: &str,
    place: &'static str,
) -> Result<Payload, StoreError> {
    let fields = parsed_or_corrupt(serde_json::from_str(text).ok(), place)?;
    Ok(Payload { version, fields })
}

/// The actor of these columns in `place`.
pub(crate) fn actor(
    issuer: &str,
    subject: &str,
    kind: &str,
    place: &'static str,
) -> Result<ActorRef, StoreError> {
    let kind = parsed_or_corrupt(ActorKind::parse(kind), place)?;
    Ok(ActorRef::new(issuer, subject, kind))
}

/// The opened value of a column in `place`.
pub(crate) fn opened<T>(
    text: Option<Personal>,
    parse: fn(&str) -> Result<T, InvalidField>,
    place: &'static str,
) -> Result<Option<T>, StoreError> {
    text.map(|text| parse(text.expose())).transpose().map_err(|_| corrupt(place))
}
