//! Error replies of the gateway: the documented statuses and `{"code":"1","message":…}`.

use std::borrow::Cow;
use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use madoguchi_application::{CallerError, ServiceError};
use madoguchi_domain::field::InvalidField;
use madoguchi_domain::port::{LookupError, VerifierUnavailable};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app_state::Unfinished;
use crate::operation;
use crate::problem::{Code, Problem, Refused};

/// A refused call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GatewayProblem {
    status: StatusCode,
    message: Cow<'static, str>,
    comes_again: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = GatewayRefusal)]
struct Envelope<'a> {
    /// Always `1`.
    code: &'static str,
    /// For people.
    message: &'a str,
}

impl GatewayProblem {
    const fn new(status: StatusCode, message: &'static str) -> Self {
        Self { status, message: Cow::Borrowed(message), comes_again: false }
    }

    const fn later(status: StatusCode, message: &'static str) -> Self {
        Self { status, message: Cow::Borrowed(message), comes_again: true }
    }

    fn envelope(&self) -> Envelope<'_> {
        Envelope { code: "1", message: &self.message }
    }
}

/// Rejected before any lookup.
const TURNED_AWAY: GatewayProblem = GatewayProblem::later(
    StatusCode::SERVICE_UNAVAILABLE,
    "Too many calls are under way: ask again shortly.",
);
const NOT_RIGHT_NOW: GatewayProblem = GatewayProblem::later(
    StatusCode::INTERNAL_SERVER_ERROR,
    "The lookup cannot be made right now: ask again later.",
);

const NOT_LOGGED_IN: GatewayProblem = GatewayProblem::new(
    StatusCode::UNAUTHORIZED,
    "The user name or the password is missing or not valid.",
);
const BROKEN: GatewayProblem = GatewayProblem::new(
    StatusCode::INTERNAL_SERVER_ERROR,
    "Something is wrong on our side: tell the operators the reply's x-request-id.",
);
const MALFORMED: GatewayProblem = GatewayProblem::new(
    StatusCode::BAD_REQUEST,
    "The request is refused as malformed: check its values.",
);
const UNKNOWN: GatewayProblem =
    GatewayProblem::new(StatusCode::NOT_FOUND, "Nothing is known under this id.");
const FAILED: GatewayProblem = GatewayProblem::new(
    StatusCode::INTERNAL_SERVER_ERROR,
    "The lookup failed: check the values of the request.",
);
/// Logged for the operator. A retry helps only after the configuration is corrected.
const MISCONFIGURED: GatewayProblem = GatewayProblem::new(
    StatusCode::INTERNAL_SERVER_ERROR,
    "The lookup is not authorised: check x-itau-apikey, or ask the operators.",
);

/// The refusals of the gateway, for the API document.
pub(crate) fn refusals() -> Vec<Refused> {
    let named = [
        ("malformed", MALFORMED),
        ("invalid", Problem::invalid("codigo_conta must be 18 digits").into()),
        ("not_logged_in", NOT_LOGGED_IN),
        ("unknown", UNKNOWN),
        ("failed", FAILED),
        ("misconfigured", MISCONFIGURED),
        ("not_right_now", NOT_RIGHT_NOW),
        ("broken", BROKEN),
        ("turned_away", TURNED_AWAY),
    ];
    let refused = named.map(|(name, problem)| Refused {
        status: problem.status.as_u16(),
        name,
        text: format!("`{name}`: {}", problem.message),
        later: problem.comes_again,
        schema: operation::named::<Envelope<'_>>,
        example: serde_json::to_value(problem.envelope()).unwrap_or_default(),
    });
    refused.into()
}

/// By status, since the documented statuses are few: every fault of the request itself is 400.
impl From<Problem> for GatewayProblem {
    fn from(problem: Problem) -> Self {
        let said = |status| Self { status, message: problem.message, comes_again: false };
        match problem.code.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => NOT_LOGGED_IN,
            status @ (StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) => said(status),
            StatusCode::SERVICE_UNAVAILABLE => NOT_RIGHT_NOW,
            status if status.is_client_error() => said(StatusCode::BAD_REQUEST),
            _ => BROKEN,
        }
    }
}

impl From<Unfinished> for GatewayProblem {
    fn from(why: Unfinished) -> Self {
        match why {
            Unfinished::NotBegun => TURNED_AWAY,
            Unfinished::Late => NOT_RIGHT_NOW,
            Unfinished::Broken => Problem::of(Code::Internal).into(),
        }
    }
}

impl From<InvalidField> for GatewayProblem {
    fn from(refused: InvalidField) -> Self {
        Problem::from(refused).into()
    }
}

impl From<VerifierUnavailable> for GatewayProblem {
    fn from(_: VerifierUnavailable) -> Self {
        TURNED_AWAY
    }
}

impl From<CallerError> for GatewayProblem {
    fn from(error: CallerError) -> Self {
        match error {
            CallerError::Lookup(error) => error.into(),
            CallerError::Unrecorded(ServiceError::Overloaded | ServiceError::Unavailable) => {
                NOT_RIGHT_NOW
            }
            CallerError::Unrecorded(ServiceError::Corrupt | ServiceError::Refused(_)) => {
                Problem::of(Code::Internal).into()
            }
        }
    }
}

impl From<LookupError> for GatewayProblem {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::Refused => MALFORMED,
            LookupError::NotFound => UNKNOWN,
            LookupError::Failed => FAILED,
            LookupError::Misconfigured => MISCONFIGURED,
            LookupError::Unavailable(_) => NOT_RIGHT_NOW,
        }
    }
}

impl fmt::Display for GatewayProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.status.as_str())
    }
}

impl ResponseError for GatewayProblem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.status);
        if self.comes_again {
            response.insert_header((header::RETRY_AFTER, "1"));
        }
        response.json(self.envelope())
    }
}
