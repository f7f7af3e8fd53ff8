//! How every header is read: one without a value counts as absent.

use actix_web::http::header::{AsHeaderName, HeaderMap, HeaderValue};

/// The values of a header in their order, without those that are empty or only white space.
pub(crate) fn values(
    headers: &HeaderMap,
    name: impl AsHeaderName,
) -> impl Iterator<Item = &HeaderValue> {
    headers.get_all(name).filter(|value| !value.as_bytes().trim_ascii().is_empty())
}
