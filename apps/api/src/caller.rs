//! The caller lookup: one request with a deadline.

mod forwarded;
mod view;

use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use madoguchi_domain::actor::Scope;
use madoguchi_domain::caller::{ContextId, ContextQuery, Encoded};
use madoguchi_domain::field::InvalidField;

use crate::access::Access::With;
use crate::access::Entry;
use crate::app_state::AppState;
use crate::call::Call;
use crate::fields::{Fields, FromFields};
use crate::headers;
use crate::problem::{Code, Problem};
use crate::view::data;
use view::WhoBody;

pub(crate) use forwarded::{forwarded, passes};

pub(crate) const ROUTES: &[Entry] =
    &[Entry::post("/api/v1/callers", With(Scope::CallerRead), |it| it.to(who))];

const DEADLINE: &str = "x-deadline-ms";
/// Default deadline of a lookup.
const USUAL: Duration = Duration::from_secs(2);

/// Maximum bytes of a plain context id: its Base64 must also be valid, for a gateway downstream.
const MOST_TO_ENCODE: usize = 3072;

impl FromFields for ContextQuery {
    const KEYS: &'static [&'static str] = &["contextId", "encoded"];

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        let context = fields.text("contextId", ContextId::parse)?;
        let encoded = fields.optional_text("encoded", Encoded::parse)?;
        let as_it_is = encoded.as_ref().is_some_and(Encoded::is_as_it_is);
        if !as_it_is && context.expose().len() > MOST_TO_ENCODE {
            let rule = "must be at most 3072 bytes, or encoded already with encoded \"0\"";
            return Err(InvalidField::new("contextId", rule).into());
        }
        Ok(Self { context, encoded })
    }
}

/// Answers with what was found within the deadline, each part marked with its origin.
async fn who(
    state: Data<AppState>,
    request: HttpRequest,
    call: Call<ContextQuery>,
) -> Result<HttpResponse, Problem> {
    let callers = state.callers.clone().ok_or(Problem::of(Code::NotFound))?;
    let time = deadline(&request)?;
    let forwarded = forwarded(&callers, request.headers())?;
    let Call { act, body: query } = call;
    passes(&act.correlation, &forwarded);
    let work = async move { callers.service.who(&query, &forwarded, time, act).await };
    let who = state.run(work).await?;
    Ok(data(&WhoBody::from(&who)))
}

fn deadline(request: &HttpRequest) -> Result<Duration, InvalidField> {
    let rule = InvalidField::new(DEADLINE, "must be a whole number from 200 to 10000");
    let mut values = headers::values(request.headers(), DEADLINE);
    let Some(value) = values.next() else {
        return Ok(USUAL);
    };
    let digits = value.to_str().ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let millis = digits.and_then(|text| text.parse().ok()).filter(|ms| (200..=10_000).contains(ms));
    match (millis, values.next()) {
        (Some(millis), None) => Ok(Duration::from_millis(millis)),
        (None, _) | (_, Some(_)) => Err(rule),
    }
}

#[cfg(test)]
mod tests;
