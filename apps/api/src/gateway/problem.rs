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
use utoipa::openapi::{RefOr, Schema};

use crate::app_state::Unfinished;
use crate::body::one_of;
use crate::operation;
use crate::problem::{Code, Problem, Refused};

/// A refused call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GatewayProblem {
    status: StatusCode,
    message: Cow<'static, str>,
    retryable: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = GatewayRefusal)]
struct Envelope<'a> {
    #[schema(schema_with = always_1)]
    code: &'static str,
    /// For people.
    message: &'a str,
}

fn always_1() -> RefOr<Schema> {
    one_of(["1"]).into()
}

impl GatewayProblem {
    const fn new(status: StatusCode, message: &'static str) -> Self {
        Self { status, message: Cow::Borrowed(message), retryable: false }
    }

    const fn later(status: StatusCode, message: &'static str) -> Self {
        Self { status, message: Cow::Borrowed(message), retryable: true }
    }

    fn envelope(&self) -> Envelope<'_> {
        Envelope { code: "1", message: &self.message }
    }
}

/// Rejected before any lookup.
const OVERLOADED: GatewayProblem = GatewayProblem::later(
    StatusCode::SERVICE_UNAVAILABLE,
    "Too many calls are under way: ask again shortly.",
);
const UNAVAILABLE: GatewayProblem = GatewayProblem::later(
    StatusCode::INTERNAL_SERVER_ERROR,
    "The lookup cannot be made right now: ask again later.",
);

const UNAUTHENTICATED: GatewayProblem = GatewayProblem::new(
    StatusCode::UNAUTHORIZED,
    "The user name or the password is missing or not valid.",
);
const INTERNAL: GatewayProblem = GatewayProblem::new(
    StatusCode::INTERNAL_SERVER_ERROR,
    "Internal error: report the x-request-id of this reply to the operators.",
);
const REJECTED: GatewayProblem = GatewayProblem::new(
    StatusCode::BAD_REQUEST,
    "The request is refused as malformed: check its values.",
);
const NOT_FOUND_UPSTREAM: GatewayProblem =
    GatewayProblem::new(StatusCode::NOT_FOUND, "Nothing is known under this id.");
const LOOKUP_FAILED: GatewayProblem = GatewayProblem::new(
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
        ("invalid_request", Problem::invalid("codigo_conta must be 18 digits").into()),
        ("rejected_upstream", REJECTED),
        ("unauthenticated", UNAUTHENTICATED),
        ("not_found", NOT_FOUND_UPSTREAM),
        ("lookup_failed", LOOKUP_FAILED),
        ("misconfigured", MISCONFIGURED),
        ("unavailable", UNAVAILABLE),
        ("internal", INTERNAL),
        ("overloaded", OVERLOADED),
    ];
    let refused = named.map(|(name, problem)| Refused {
        status: problem.status.as_u16(),
        name,
        text: format!("`{name}`: {}", problem.message),
        later: problem.retryable,
        schema: operation::named::<Envelope<'_>>,
        example: serde_json::to_value(problem.envelope()).unwrap_or_default(),
    });
    refused.into()
}

/// By status, since the documented statuses are few: every fault of the request itself is 400.
impl From<Problem> for GatewayProblem {
    fn from(problem: Problem) -> Self {
        let said = |status| Self { status, message: problem.message, retryable: false };
        match problem.code.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => UNAUTHENTICATED,
            status @ (StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) => said(status),
            StatusCode::SERVICE_UNAVAILABLE => UNAVAILABLE,
            status if status.is_client_error() => said(StatusCode::BAD_REQUEST),
            _ => INTERNAL,
        }
    }
}

impl From<Unfinished> for GatewayProblem {
    fn from(why: Unfinished) -> Self {
        match why {
            Unfinished::NotBegun => OVERLOADED,
            Unfinished::Late => UNAVAILABLE,
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
        OVERLOADED
    }
}

impl From<CallerError> for GatewayProblem {
    fn from(error: CallerError) -> Self {
        match error {
            CallerError::Lookup(error) => error.into(),
            CallerError::Unrecorded(ServiceError::Overloaded | ServiceError::Unavailable) => {
                UNAVAILABLE
            }
            CallerError::Unrecorded(
                ServiceError::Corrupt
                | ServiceError::Refused(_)
                | ServiceError::ContactRefused(_)
                | ServiceError::AnnouncementRefused(_)
                | ServiceError::ResolutionRefused(_)
                | ServiceError::RetentionRefused(_)
                | ServiceError::BounceRefused(_)
                | ServiceError::KeyReused,
            ) => Problem::of(Code::Internal).into(),
        }
    }
}

impl From<LookupError> for GatewayProblem {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::Refused => REJECTED,
            LookupError::NotFound => NOT_FOUND_UPSTREAM,
            LookupError::Failed => LOOKUP_FAILED,
            LookupError::Misconfigured => MISCONFIGURED,
            LookupError::Unavailable(_) => UNAVAILABLE,
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
        if self.retryable {
            response.insert_header((header::RETRY_AFTER, "1"));
        }
        response.json(self.envelope())
    }
}
