//! Extracts a gateway call: user name and password, the headers to forward, the body.

mod problem;

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;
use madoguchi_domain::act::Act;
use madoguchi_domain::caller::{ApiKey, FlowId, ForwardedHeaders};
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::field::InvalidField;
use madoguchi_domain::secret::Credentials;

use crate::app_state::{AppState, Callers};
use crate::call::ReadBody;
use crate::headers;
use crate::problem::{Code, Problem};

pub(crate) use problem::GatewayProblem;

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
            let body = B::read(&request, payload).await?;
            let act = Act { by, at: state.clock.now(), correlation };
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

/// Logs which request is part of which flow.
pub(crate) fn passes(request: &CorrelationId, forwarded: &ForwardedHeaders) {
    tracing::info!(
        request = request.as_str(),
        flow = forwarded.flow.as_str(),
        correlation = forwarded.correlation.as_ref().map(CorrelationId::as_str),
        "lookup accepted"
    );
}

/// The headers to forward, each at most once. A missing flow id is generated.
pub(crate) fn forwarded(
    callers: &Callers,
    headers: &HeaderMap,
) -> Result<ForwardedHeaders, InvalidField> {
    let correlation = |text: &str| {
        let named = |refused| InvalidField { field: CORRELATION, ..refused };
        CorrelationId::parse(text).map_err(named)
    };
    Ok(ForwardedHeaders {
        flow: callers.service.flow(one(headers, FLOW)?.map(FlowId::parse).transpose()?),
        correlation: one(headers, CORRELATION)?.map(correlation).transpose()?,
        api_key: one(headers, API_KEY)?.map(ApiKey::parse).transpose()?,
    })
}

const FLOW: &str = "x-itau-flowID";
const CORRELATION: &str = "x-itau-correlationID";
const API_KEY: &str = "x-itau-apikey";

/// The single value of a header, if it is present.
fn one<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, InvalidField> {
    let mut values = headers::values(headers, name);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(InvalidField::new(name, "is given twice"));
    }
    let text = value.to_str().map_err(|_| InvalidField::new(name, "must be visible ASCII"))?;
    Ok(Some(text))
}

#[cfg(test)]
mod tests;
