//! The headers of a lookup that are forwarded to the downstream.

use actix_web::http::header::HeaderMap;
use madoguchi_domain::caller::{ApiKey, FlowId, ForwardedHeaders};
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::field::InvalidField;
use utoipa::openapi::{RefOr, Schema};

use crate::app_state::Callers;
use crate::body::visible;
use crate::headers;
use crate::operation::{Parameter, Place};

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

/// The documentation of the forwarded headers.
pub(crate) const FORWARDED: [Parameter; 3] = [
    header(FLOW, "The flow; generated if it is not given.", || visible(0, 128).into()),
    header(CORRELATION, "The group of flows.", || visible(0, 128).into()),
    header(API_KEY, "The consumer's key.", || visible(0, 512).into()),
];

/// An empty header counts as absent.
const fn header(
    name: &'static str,
    text: &'static str,
    schema: fn() -> RefOr<Schema>,
) -> Parameter {
    Parameter { name, place: Place::Header, text, schema }
}

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
