//! Reads request headers: an empty header counts as absent.

use actix_web::http::header::{AsHeaderName, HeaderMap, HeaderValue};

/// The values of a header in order, without those that are empty or only white space.
pub(crate) fn values(
    headers: &HeaderMap,
    name: impl AsHeaderName,
) -> impl Iterator<Item = &HeaderValue> {
    headers.get_all(name).filter(|value| !value.as_bytes().trim_ascii().is_empty())
}
