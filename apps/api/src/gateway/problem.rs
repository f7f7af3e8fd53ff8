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

use crate::app_state::Unfinished;
use crate::problem::{Code, Problem};

/// A refused call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GatewayProblem {
    status: StatusCode,
    message: Cow<'static, str>,
    comes_again: bool,
}

#[derive(Serialize)]
struct Envelope<'a> {
    code: &'static str,
    message: &'a str,
}

impl GatewayProblem {
    const fn new(status: StatusCode, message: &'static str) -> Self {
        Self { status, message: Cow::Borrowed(message), comes_again: false }
    }

    const fn later(status: StatusCode, message: &'static str) -> Self {
        Self { status, message: Cow::Borrowed(message), comes_again: true }
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

/// 413 and 415 are not documented statuses, so every fault of the request is 400.
impl From<Problem> for GatewayProblem {
    fn from(problem: Problem) -> Self {
        match problem.code {
            Code::InvalidRequest | Code::TooLarge | Code::UnsupportedMediaType => Self {
                status: StatusCode::BAD_REQUEST,
                message: problem.message,
                comes_again: false,
            },
            Code::Unauthenticated | Code::Forbidden => Self::new(
                StatusCode::UNAUTHORIZED,
                "The user name or the password is missing or not valid.",
            ),
            Code::Unavailable => NOT_RIGHT_NOW,
            Code::NotFound | Code::MethodNotAllowed => {
                Self { status: problem.code.status(), message: problem.message, comes_again: false }
            }
            Code::CustomerInfoNotFound
            | Code::UpgradeCaseNotFound
            | Code::UpgradeNotVerified
            | Code::UpgradeContradiction
            | Code::UpgradeInProgress
            | Code::UpgradeAtTarget
            | Code::VerificationContradiction
            | Code::QrExpired
            | Code::MemberConflict
            | Code::Internal => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something is wrong on our side: tell the operators the reply's x-request-id.",
            ),
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
            LookupError::Refused => Self::new(
                StatusCode::BAD_REQUEST,
                "The request is refused as malformed: check its values.",
            ),
            LookupError::NotFound => {
                Self::new(StatusCode::NOT_FOUND, "Nothing is known under this id.")
            }
            LookupError::Failed => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "The lookup failed: check the values of the request.",
            ),
            // Logged for the operator. A retry helps only after the configuration is corrected.
            LookupError::Misconfigured => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "The lookup is not authorised: check x-itau-apikey, or ask the operators.",
            ),
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
        response.json(Envelope { code: "1", message: &self.message })
    }
}
