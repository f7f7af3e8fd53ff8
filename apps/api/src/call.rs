//! Extracts a call from a request: the caller, who acts, the request id and the body, in this
//! order.

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{BytesMut, Data};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use madoguchi_domain::act::Act;
use madoguchi_domain::actor::Scope;
use madoguchi_domain::idempotency::KeyedRequest;
use madoguchi_domain::principal::Principal;
use madoguchi_domain::secret::AccessToken;
use serde::de::DeserializeOwned;

use crate::access::{self, Access, Required};
use crate::acting::Acting;
use crate::app_state::AppState;
use crate::body;
use crate::headers;
use crate::problem::{Code, Problem};

/// Maximum size of a JSON body, in bytes.
const MOST: usize = 32 * 1024;

/// Maximum size of a message, in bytes.
pub(crate) const MOST_OF_MESSAGE: usize = 1024 * 1024;

/// The media type of a message (RFC 2046 §5.2.1).
pub(crate) const MESSAGE: &str = "message/rfc822";

/// An authenticated call whose token has the route's scope, with its parsed body.
#[derive(Debug)]
pub(crate) struct Call<B> {
    pub(crate) act: Act,
    /// The key of the request, on a route that takes one.
    pub(crate) keyed: Option<KeyedRequest>,
    pub(crate) body: B,
    /// Who acts: the token's principal, or the person in whose name it calls.
    pub(crate) principal: Principal,
}

impl<B> Call<B> {
    /// Refuses a caller without another scope, which an act on this route needs too.
    pub(crate) fn require(&self, scope: Scope) -> Result<(), Problem> {
        require(&self.principal, scope)
    }
}

/// Refuses a principal without a scope that its act needs.
pub(crate) fn require(principal: &Principal, scope: Scope) -> Result<(), Problem> {
    if principal.may(scope) { Ok(()) } else { Err(Problem::of(Code::Forbidden)) }
}

/// The body of a call that needs none; one that is sent is ignored.
#[derive(Debug)]
pub(crate) struct NoBody;

/// The body of a call that is a mail message, as it was sent.
#[derive(Debug)]
pub(crate) struct RawMessage(pub(crate) Vec<u8>);

/// Parses a call's body, and returns it as it was sent too.
pub(crate) trait ReadBody: Sized {
    fn read(
        request: &HttpRequest,
        payload: Payload,
    ) -> LocalBoxFuture<'static, Result<(Self, BytesMut), Problem>>;
}

impl ReadBody for NoBody {
    fn read(
        _: &HttpRequest,
        _: Payload,
    ) -> LocalBoxFuture<'static, Result<(Self, BytesMut), Problem>> {
        Box::pin(async { Ok((Self, BytesMut::new())) })
    }
}

impl ReadBody for RawMessage {
    fn read(
        request: &HttpRequest,
        payload: Payload,
    ) -> LocalBoxFuture<'static, Result<(Self, BytesMut), Problem>> {
        let bytes = gathered(request, payload, (MESSAGE, MOST_OF_MESSAGE));
        Box::pin(async move {
            let bytes = bytes.await?;
            Ok((Self(bytes.to_vec()), bytes))
        })
    }
}

impl<B: DeserializeOwned + 'static> ReadBody for B {
    fn read(
        request: &HttpRequest,
        payload: Payload,
    ) -> LocalBoxFuture<'static, Result<(B, BytesMut), Problem>> {
        let bytes = gathered(request, payload, ("application/json", MOST));
        Box::pin(async move {
            let bytes = bytes.await?;
            Ok((body::read(&bytes)?, bytes))
        })
    }
}

/// The bytes of a body of this media type that has at most so many.
fn gathered(
    request: &HttpRequest,
    payload: Payload,
    (media, most): (&str, usize),
) -> impl Future<Output = Result<BytesMut, Problem>> + use<> {
    let headers = request.headers();
    let announced = is_of(headers, media).and_then(|()| announced(headers, most));
    let timeout = request.app_data::<Data<AppState>>().map(|state| state.body_timeout);
    async move {
        announced?;
        let timeout = timeout.ok_or(Problem::of(Code::Internal))?;
        let bytes = tokio::time::timeout(timeout, collect(payload, most)).await;
        bytes.map_err(|_| Problem::invalid("the body did not arrive in time"))?
    }
}

impl<B: ReadBody + 'static> FromRequest for Call<B> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let internal = || Problem::of(Code::Internal);
            let state = request.app_data::<Data<AppState>>().cloned().ok_or_else(internal)?;
            let Required { access, keyed } = access::required(&request).ok_or_else(internal)?;
            let caller = authenticate(&state, request.headers(), access).await?;
            let Acting { principal, through } = Acting::read(caller, request.headers())?;
            let correlation = request.extensions().get().cloned().ok_or_else(internal)?;
            let (body, bytes) = B::read(&request, payload).await?;
            let by = principal.who.clone();
            let act = Act::new(by, state.clock.now(), correlation).with_through(through);
            let keyed = match keyed {
                true => state.idempotency.of(&request, &bytes, &act.by, act.at())?,
                false => None,
            };
            Ok(Self { act, keyed, body, principal })
        })
    }
}

async fn authenticate(
    state: &AppState,
    headers: &HeaderMap,
    access: Access,
) -> Result<Principal, Problem> {
    let token = token(headers).ok_or(Problem::of(Code::Unauthenticated))?;
    let principal = state.tokens.verify(&token).await?;
    let principal = principal.ok_or(Problem::of(Code::Unauthenticated))?;
    if !access.scopes().iter().any(|scope| principal.may(*scope)) {
        return Err(Problem::of(Code::Forbidden));
    }
    Ok(principal)
}

/// The token of a request, in `Acstkn` or as a bearer token. Two different tokens count as none.
fn token(headers: &HeaderMap) -> Option<AccessToken> {
    let direct = headers::values(headers, "acstkn").map(|value| value.to_str().ok());
    // Other schemes are ignored: a proxy may use one of them for itself.
    let bearer = headers::values(headers, header::AUTHORIZATION).filter_map(|value| {
        let Ok(text) = value.to_str() else {
            return Some(None);
        };
        let (scheme, token) = text.split_once(' ')?;
        let given = scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty();
        given.then_some(Some(token))
    });
    let mut tokens = direct.chain(bearer).map(|text| AccessToken::parse(text?).ok());
    let first = tokens.next()??;
    tokens.all(|other| other.as_ref() == Some(&first)).then_some(first)
}

fn is_of(headers: &HeaderMap, media: &str) -> Result<(), Problem> {
    let mut types = headers::values(headers, header::CONTENT_TYPE);
    let given = types.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if types.next().is_some() || !essence.eq_ignore_ascii_case(media) {
        return Err(Problem::of(Code::UnsupportedMediaType));
    }
    Ok(())
}

/// Refuses a body whose `Content-Length` is too large before reading any of it.
fn announced(headers: &HeaderMap, most: usize) -> Result<(), Problem> {
    let length = headers::values(headers, header::CONTENT_LENGTH).next();
    let length = length.and_then(|value| value.to_str().ok());
    match length.and_then(|text| text.parse::<usize>().ok()) {
        Some(length) if length > most => Err(Problem::of(Code::TooLarge)),
        Some(_) | None => Ok(()),
    }
}

async fn collect(mut payload: Payload, most: usize) -> Result<BytesMut, Problem> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Problem::invalid("the body broke off"))?;
        if bytes.len() + chunk.len() > most {
            return Err(Problem::of(Code::TooLarge));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
