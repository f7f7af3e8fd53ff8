//! The caller lookup: one request with a deadline.

use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use madoguchi_domain::caller::ContextQuery;
use madoguchi_domain::field::InvalidField;

use super::caller_view::WhoBody;
use super::view;
use crate::app_state::AppState;
use crate::call::Call;
use crate::gateway::{forwarded, passes};
use crate::headers;
use crate::problem::{Code, Problem};

const DEADLINE: &str = "x-deadline-ms";
/// Default deadline of a lookup.
const USUAL: Duration = Duration::from_secs(2);

/// Answers with what was found within the deadline, each part marked with its origin.
pub(crate) async fn who(
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
    Ok(view::data(&WhoBody::from(&who)))
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
