//! Extracts a gateway call: user name and password, the headers to forward, the body.

mod problem;
mod routes;

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;
use madoguchi_domain::act::Act;
use madoguchi_domain::caller::ForwardedHeaders;
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::secret::Credentials;

use crate::app_state::{AppState, Callers};
use crate::call::ReadBody;
use crate::caller::{forwarded, passes};
use crate::headers;
use crate::problem::{Code, Problem};

pub(crate) use problem::{GatewayProblem, refusals};
pub(crate) use routes::ROUTES;

/// An authenticated call with its parsed body.
#[derive(Debug)]
pub(crate) struct GatewayCall<B> {
    pub(crate) callers: Callers,
    pub(crate) act: Act,
    pub(crate) forwarded: ForwardedHeaders,
    pub(crate) body: B,
}

impl<B: ReadBody + 'static> FromRequest for GatewayCall<B> {
    type Error = GatewayProblem;
    type Future = LocalBoxFuture<'static, Result<Self, GatewayProblem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let internal = || GatewayProblem::from(Problem::of(Code::Internal));
            let state = request.app_data::<Data<AppState>>().cloned().ok_or_else(internal)?;
            let (callers, passwords) =
                state.gateway().ok_or(GatewayProblem::from(Problem::of(Code::NotFound)))?;
            let presented = credentials(request.headers());
            let who = state.finish(async move { passwords.verify(&presented).await }).await?;
            let by = who?.ok_or(GatewayProblem::from(Problem::of(Code::Unauthenticated)))?;
            let forwarded = forwarded(&callers, request.headers()).map_err(Problem::from)?;
            let correlation: CorrelationId =
                request.extensions().get().cloned().ok_or_else(internal)?;
            passes(&correlation, &forwarded);
            let (body, _) = B::read(&request, payload).await?;
            let act = Act::new(by, state.clock.now(), correlation);
            Ok(Self { callers, act, forwarded, body })
        })
    }
}

/// The values of `userName` and `password`. A missing or repeated one counts as empty, which
/// matches no user.
fn credentials(headers: &HeaderMap) -> Credentials {
    let only = |name: &str| {
        let mut values = headers::values(headers, name);
        let first = values.next().map(|value| value.as_bytes().to_vec());
        first.filter(|_| values.next().is_none()).unwrap_or_default()
    };
    Credentials::new(only("username"), only("password"))
}

#[cfg(test)]
mod tests;
