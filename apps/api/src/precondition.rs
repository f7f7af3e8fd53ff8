//! Versions in headers: `ETag` in answers, `If-Match` in requests (RFC 9110 §8.8.3 and §13.1.1).

use actix_web::http::header::{self, HeaderMap, HeaderName};
use madoguchi_domain::if_match::IfMatch;
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::headers;
use crate::operation::{Header, Parameter, Place};
use crate::problem::{Code, Problem};

/// The answer header, as documented.
pub(crate) const ETAG: Header =
    Header { name: "ETag", text: "The version, for `If-Match` of a change." };

/// The request header, as documented.
pub(crate) const IF_MATCH: Parameter = Parameter {
    name: "If-Match",
    place: Place::Header,
    text: "The `ETag` of what is changed, or `*`. Without it: 428.",
    schema: || ObjectBuilder::new().schema_type(Type::String).into(),
};

/// The header with this version.
pub(crate) fn etag(version: u32) -> (HeaderName, String) {
    (header::ETAG, format!("\"{version}\""))
}

/// The precondition of a change.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<IfMatch, Problem> {
    let values: Vec<_> = headers::values(headers, header::IF_MATCH).collect();
    if values.is_empty() {
        return Err(Problem::of(Code::PreconditionRequired));
    }
    let malformed = || Problem::invalid("If-Match must be * or the ETag that was read");
    let mut versions = Vec::new();
    for value in &values {
        let text = value.to_str().map_err(|_| malformed())?;
        if text.trim() == "*" {
            return if values.len() == 1 { Ok(IfMatch::Any) } else { Err(malformed()) };
        }
        // Empty elements of a list count as absent (RFC 9110 §5.6.1.2).
        for tag in elements(text).map(str::trim).filter(|tag| !tag.is_empty()) {
            versions.extend(version(tag).ok_or_else(malformed)?);
        }
    }
    Ok(IfMatch::OneOf(versions))
}

/// The elements of a list, whose commas are not those in quotes.
fn elements(text: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |c| {
        is_quoted ^= c == '"';
        c == ',' && !is_quoted
    })
}

/// The version of an entity tag: `None` if it is none, `Some(None)` for a tag that is weak or not
/// ours, which matches no version.
fn version(tag: &str) -> Option<Option<u32>> {
    let (is_weak, tag) = tag.strip_prefix("W/").map_or((false, tag), |tag| (true, tag));
    let text = tag.strip_prefix('"')?.strip_suffix('"')?;
    let is_tag = text.bytes().all(|byte| byte == b'!' || (b'#'..=b'~').contains(&byte));
    let version = text.parse().ok().filter(|number: &u32| !is_weak && number.to_string() == text);
    is_tag.then_some(version)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn of(values: &[&str]) -> Result<IfMatch, Code> {
        let mut request = TestRequest::get();
        for value in values {
            request = request.append_header(("if-match", *value));
        }
        if_match(request.to_http_request().headers()).map_err(|problem| problem.code)
    }

    #[test]
    fn a_precondition_is_any_version_or_a_list_of_tags() {
        assert_eq!(of(&[" * "]), Ok(IfMatch::Any));
        assert_eq!(of(&["\"7\""]), Ok(IfMatch::OneOf(vec![7])));
        assert_eq!(of(&["\"1\", , \"2\",", "\"3\""]), Ok(IfMatch::OneOf(vec![1, 2, 3])));
        assert_eq!(of(&["\"a,b\", \"7\""]), Ok(IfMatch::OneOf(vec![7])));
        let foreign = "W/\"7\", \"abc\", \"07\", \"+7\", \"\", \"99999999999\"";
        assert_eq!(of(&[foreign]), Ok(IfMatch::OneOf(vec![])), "well-formed, and never ours");
    }

    #[test]
    fn nothing_is_required_and_anything_else_is_malformed() {
        for absent in [&[][..], &["", " "]] {
            assert_eq!(of(absent), Err(Code::PreconditionRequired));
        }
        for bad in ["7", "\"7", "7\"", "*, \"7\"", "w/\"7\"", "\"a b\"", "\"é\""] {
            assert_eq!(of(&[bad]), Err(Code::InvalidRequest), "{bad}");
        }
        assert_eq!(of(&["*", "\"7\""]), Err(Code::InvalidRequest));
    }
}
