//! The caller lookup: one request with a deadline.

mod forwarded;
mod view;

use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use madoguchi_domain::actor::Scope;
use madoguchi_domain::caller::{ContextId, ContextQuery, Encoded};
use madoguchi_domain::field::InvalidField;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};

use crate::access::Access::With;
use crate::access::Entry;
use crate::app_state::AppState;
use crate::body::{Field, bounded, field_values, plain, text_of, text_or_null};
use crate::call::Call;
use crate::headers;
use crate::operation::{Answer, Operation, Parameter, Place, named};
use crate::problem::{Code, Problem};
use crate::view::data;
use view::WhoBody;

pub(crate) use forwarded::{FORWARDED, forwarded, passes};

pub(crate) const ROUTES: &[Entry] =
    &[Entry::query("/api/v1/callers", With(Scope::CallerRead), |it| it.to(who), WHO)];

const WHO: Operation = Operation {
    id: "findCaller",
    tag: "callers",
    summary: "Look up who is calling, within a deadline",
    text: "Each part is `fresh`, `cached` or `missing` with a reason. CPF, CNPJ, accounts and \
           e-mail addresses are masked with `*`. 404 on a server that has no caller lookups.",
    body: Some(named::<FindCaller>),
    parameters: &[DEADLINE_PARAMETER, FORWARDED[0], FORWARDED[1], FORWARDED[2]],
    answers: &[Answer::data::<WhoBody<'_>>(200, "What was found within the deadline.")],
    refusals: &[Code::NotFound],
    ..Operation::EMPTY
};

const DEADLINE_PARAMETER: Parameter = Parameter {
    name: DEADLINE,
    place: Place::Header,
    text: "Milliseconds until the answer, complete or not; 2000 if it is not given.",
    schema: || {
        let whole = ObjectBuilder::new().schema_type(Type::Integer);
        let whole = whole.minimum(Some(200)).maximum(Some(10_000)).default(Some(2000.into()));
        // An empty header counts as absent.
        OneOfBuilder::new().item(whole).item(bounded(0, 0)).into()
    },
};

const DEADLINE: &str = "x-deadline-ms";
/// Default deadline of a lookup.
const USUAL: Duration = Duration::from_secs(2);

/// Maximum bytes of a plain context id: its Base64 must also be valid, for a gateway downstream.
const MOST_TO_ENCODE: usize = 3072;

field_values! {
    /// The id of a call's context: at most 4096 bytes, or 3072 if it has to be encoded.
    ContextId: plain(1, 4096);
    /// `0` if the `contextId` is encoded already and is to be sent unchanged.
    Encoded: plain(0, 32);
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FindCaller {
    #[schema(schema_with = text_of::<ContextId>)]
    context_id: Field<ContextId>,
    #[schema(schema_with = text_or_null::<Encoded>)]
    encoded: Option<Field<Encoded>>,
}

/// The query for a context, with the rule that ties its two fields.
pub(crate) fn context_query(
    Field(context): Field<ContextId>,
    encoded: Option<Field<Encoded>>,
) -> Result<ContextQuery, InvalidField> {
    let encoded = encoded.map(|Field(encoded)| encoded);
    let as_it_is = encoded.as_ref().is_some_and(Encoded::is_as_it_is);
    if !as_it_is && context.expose().len() > MOST_TO_ENCODE {
        let rule = "must be at most 3072 bytes, or encoded already with encoded \"0\"";
        return Err(InvalidField::new("contextId", rule));
    }
    Ok(ContextQuery { context, encoded })
}

/// Answers with what was found within the deadline, each part marked with its origin.
async fn who(
    state: Data<AppState>,
    request: HttpRequest,
    call: Call<FindCaller>,
) -> Result<HttpResponse, Problem> {
    let callers = state.callers.clone().ok_or(Problem::of(Code::NotFound))?;
    let time = deadline(&request)?;
    let forwarded = forwarded(&callers, request.headers())?;
    let Call { act, body: FindCaller { context_id, encoded }, .. } = call;
    let query = context_query(context_id, encoded)?;
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
