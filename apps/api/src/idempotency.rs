//! The idempotency key of a request, and the mark of a replayed answer.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, IF_MATCH};
use madoguchi_application::RunningKeys;
use madoguchi_domain::Timestamp;
use madoguchi_domain::actor::ActorRef;
use madoguchi_domain::idempotency::{IdempotencyKey, KeyedRequest};
use madoguchi_domain::secret::SecretKey;

use crate::acting;
use crate::body::bounded;
use crate::headers;
use crate::operation::{Header, Parameter, Place};
use crate::problem::Problem;

/// The request header, as documented.
pub(crate) const PARAMETER: Parameter = Parameter {
    name: "Idempotency-Key",
    place: Place::Header,
    text: "A key of your choice, for example a UUID, that this request and its repetitions have \
           and no other request: 1 to 255 visible ASCII characters, perhaps in quotes. A \
           repetition gets the stored answer of the first success.",
    // A quoted string has two characters more.
    schema: || {
        let form = r#"^([!#-~][!-~]{0,254}|"[!-~]{1,255}")$"#;
        bounded(1, 257).pattern(Some(form)).into()
    },
};

/// The answer header, as documented.
pub(crate) const REPLAYED: Header = Header {
    name: "Idempotency-Replayed",
    text: "`true` if this is the stored answer of an earlier request with the same key.",
};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const ACTOR: HeaderName = HeaderName::from_static(acting::HEADER);
const MARK: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Derives stored keys, and knows those that this process is working on.
#[derive(Debug)]
pub(crate) struct Idempotency {
    /// Without it, a stored key or fingerprint reveals nothing about a request.
    pub(crate) secret: SecretKey,
    pub(crate) running: RunningKeys,
}

impl Idempotency {
    /// With no key that is running.
    pub(crate) fn new(secret: SecretKey) -> Self {
        Self { secret, running: RunningKeys::default() }
    }

    /// The request of `principal` with its key, if it has one.
    pub(crate) fn of(
        &self,
        request: &HttpRequest,
        body: &[u8],
        principal: &ActorRef,
        at: Timestamp,
    ) -> Result<Option<KeyedRequest>, Problem> {
        let Some(key) = key(request.headers())? else {
            return Ok(None);
        };
        let all = |name| {
            let values = headers::values(request.headers(), name).map(HeaderValue::as_bytes);
            values.collect::<Vec<_>>().join(&b"\n"[..])
        };
        let (precondition, actor) = (all(IF_MATCH), all(ACTOR));
        let content: [&[u8]; 5] = [
            request.method().as_str().as_bytes(),
            request.uri().path().as_bytes(),
            &precondition,
            &actor,
            body,
        ];
        Ok(Some(KeyedRequest::new(&self.secret, principal, &key, &content, at)))
    }
}

/// The key, as it is or as a quoted string. An empty header is refused: its client assumes that a
/// repetition is safe.
fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    let mut values = headers.get_all(KEY);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Problem::invalid("Idempotency-Key must be given once"));
    }
    let text = value.to_str().unwrap_or_default().trim();
    // What begins like a quoted string has to be one.
    let inner = match text.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').unwrap_or_default(),
        None => text,
    };
    Ok(Some(IdempotencyKey::parse(inner)?))
}

/// The response, marked if it is replayed.
pub(crate) fn marked(is_replayed: bool, mut response: HttpResponse) -> HttpResponse {
    if is_replayed {
        response.headers_mut().insert(MARK, HeaderValue::from_static("true"));
    }
    response
}

#[cfg(test)]
mod tests;
