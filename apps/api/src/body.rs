//! Request bodies: structs with a derived `Deserialize`, read strictly. No error contains a value.

mod field;
mod invalid;
mod json;
mod patch;

use madoguchi_upstream::is_too_deep;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use utoipa::ToSchema;

use crate::problem::Problem;
use invalid::Invalid;
use json::Json;

pub(crate) use patch::Patch;

pub(crate) use field::{
    Field, FieldValue, bounded, field_values, one_of, plain, text_of, text_or_null, value, visible,
};

/// An empty object.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoFields {}

/// Parses a body: one JSON object, or a list of them if `B` is one; no key twice. Unknown keys are
/// refused if `B` denies them.
pub(crate) fn read<B: DeserializeOwned>(bytes: &[u8]) -> Result<B, Problem> {
    let text = str::from_utf8(bytes).map_err(|_| Problem::invalid("the body must be UTF-8"))?;
    if is_too_deep(text) {
        return Err(Problem::invalid("the body must not nest deeper than 128 levels"));
    }
    // Validate all of it first: values that no field reads are only skipped below.
    serde_json::from_str::<IgnoredAny>(text)
        .map_err(|_| Problem::invalid("the body must be valid JSON"))?;
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
    B::deserialize(Json(text)).map_err(|invalid: Invalid| Problem::invalid(invalid.to_string()))
}

#[cfg(test)]
mod tests;
