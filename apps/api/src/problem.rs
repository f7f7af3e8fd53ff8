//! Error replies: one envelope, one enum of codes, no driver text and no values.

mod code;
mod refused;

use std::borrow::Cow;
use std::fmt;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, ResponseError};
use madoguchi_application::ServiceError;
use madoguchi_domain::announcement::AnnouncementRefusal;
use madoguchi_domain::contact::ContactRefusal;
use madoguchi_domain::delivery::BounceRefusal;
use madoguchi_domain::field::InvalidField;
use madoguchi_domain::port::VerifierUnavailable;
use madoguchi_domain::resolution::ResolutionRefusal;
use madoguchi_domain::retention::RetentionRefusal;
use madoguchi_domain::upgrade::Refusal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::view::always;

pub use code::Code;
pub(crate) use refused::Refused;

/// An error reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) code: Code,
    pub(crate) message: Cow<'static, str>,
}

impl Problem {
    /// An error with the code's default message.
    pub(crate) const fn of(code: Code) -> Self {
        Self { code, message: Cow::Borrowed(code.message()) }
    }

    /// The envelope as JSON.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        let error = Body { error_code: code::shown(self.code), error_message: &self.message };
        // A struct of strings always serializes.
        serde_json::to_vec(&Envelope { success: false, error }).unwrap_or_default()
    }

    /// The code's name, as replaced by the bank.
    pub(crate) fn shown_code(&self) -> &'static str {
        code::shown(self.code)
    }

    /// The envelope with a result code, as JSON.
    fn to_coded_json(&self) -> Vec<u8> {
        let error_code = code::shown(self.code);
        let error = Body { error_code, error_message: &self.message };
        let envelope = CodedEnvelope { success: false, result_code: error_code, error };
        serde_json::to_vec(&envelope).unwrap_or_default()
    }

    /// A malformed request; the message names the field or the rule.
    pub(crate) fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self { code: Code::InvalidRequest, message: message.into() }
    }
}

impl From<InvalidField> for Problem {
    fn from(refused: InvalidField) -> Self {
        Self::invalid(refused.to_string())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::of(match refusal {
            Refusal::MemberNotFound => Code::CustomerInfoNotFound,
            Refusal::CaseNotFound => Code::UpgradeCaseNotFound,
            Refusal::NotVerified => Code::UpgradeNotVerified,
            Refusal::Contradiction => Code::UpgradeContradiction,
            Refusal::InProgress => Code::UpgradeInProgress,
            Refusal::AtTarget => Code::UpgradeAtTarget,
            Refusal::VerificationContradiction => Code::VerificationContradiction,
            Refusal::QrExpired => Code::QrExpired,
        })
    }
}

impl From<ContactRefusal> for Problem {
    fn from(refusal: ContactRefusal) -> Self {
        Self::of(match refusal {
            ContactRefusal::NotFound => Code::ContactNotFound,
            ContactRefusal::PersonNotFound => Code::PersonNotFound,
            ContactRefusal::Invalid(field) => return field.into(),
            ContactRefusal::Stale => Code::PreconditionFailed,
            ContactRefusal::Answered => Code::ContactAnswered,
            ContactRefusal::NotValid => Code::ContactNotValid,
            ContactRefusal::ApprovalClosed => Code::ApprovalClosed,
            ContactRefusal::FourEyes(_) => Code::FourEyes,
            ContactRefusal::ContentMoved => Code::ContentMoved,
            ContactRefusal::Unreadable => Code::Internal,
        })
    }
}

impl From<AnnouncementRefusal> for Problem {
    fn from(refusal: AnnouncementRefusal) -> Self {
        Self::of(match refusal {
            AnnouncementRefusal::NotFound => Code::AnnouncementNotFound,
            AnnouncementRefusal::Invalid(field) => return field.into(),
            AnnouncementRefusal::Stale => Code::PreconditionFailed,
            AnnouncementRefusal::NotSubmitted => Code::AnnouncementNotSubmitted,
            AnnouncementRefusal::ApprovalClosed => Code::ApprovalClosed,
            AnnouncementRefusal::NoRecipients => Code::AnnouncementWithoutRecipients,
            AnnouncementRefusal::FourEyes(_) => Code::FourEyes,
            AnnouncementRefusal::ContentMoved => Code::ContentMoved,
            AnnouncementRefusal::NoMails => Code::AnnouncementWithoutMails,
            AnnouncementRefusal::NotHeld => Code::AnnouncementNotHeld,
        })
    }
}

impl From<ResolutionRefusal> for Problem {
    fn from(refusal: ResolutionRefusal) -> Self {
        Self::of(match refusal {
            ResolutionRefusal::EffectNotFound => Code::EffectNotFound,
            ResolutionRefusal::Settled => Code::EffectSettled,
            ResolutionRefusal::InProgress => Code::EffectInProgress,
            ResolutionRefusal::Proven => Code::EffectProven,
            ResolutionRefusal::Contradicted => Code::ResolutionContradicted,
            ResolutionRefusal::Unreadable => Code::EffectUnreadable,
            ResolutionRefusal::UnknownKind => Code::EffectKindUnknown,
            ResolutionRefusal::Pending => Code::ResolutionPending,
            ResolutionRefusal::NotFound => Code::ResolutionNotFound,
            ResolutionRefusal::Invalid(field) => return field.into(),
            ResolutionRefusal::FourEyes(_) => Code::FourEyes,
            ResolutionRefusal::ContentMoved => Code::ContentMoved,
        })
    }
}

impl From<RetentionRefusal> for Problem {
    fn from(refusal: RetentionRefusal) -> Self {
        Self::of(match refusal {
            RetentionRefusal::ApplicationNotFound => Code::ApplicationNotFound,
            RetentionRefusal::PersonNotFound => Code::PersonNotFound,
            RetentionRefusal::HoldNotFound => Code::HoldNotFound,
            RetentionRefusal::AnotherDay => Code::CompletionConflict,
            RetentionRefusal::Invalid(field) => return field.into(),
        })
    }
}

impl From<BounceRefusal> for Problem {
    fn from(refusal: BounceRefusal) -> Self {
        Self::of(match refusal {
            BounceRefusal::MailNotFound => Code::MailNotFound,
            BounceRefusal::BeingSent | BounceRefusal::NotSent => Code::MailNotSent,
        })
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Refused(refusal) => refusal.into(),
            ServiceError::ContactRefused(refusal) => refusal.into(),
            ServiceError::AnnouncementRefused(refusal) => refusal.into(),
            ServiceError::ResolutionRefused(refusal) => refusal.into(),
            ServiceError::RetentionRefused(refusal) => refusal.into(),
            ServiceError::BounceRefused(refusal) => refusal.into(),
            ServiceError::KeyReused => Self::of(Code::IdempotencyKeyReused),
            ServiceError::Overloaded | ServiceError::Unavailable => Self::of(Code::Unavailable),
            ServiceError::Corrupt => Self::of(Code::Internal),
        }
    }
}

impl From<VerifierUnavailable> for Problem {
    fn from(_: VerifierUnavailable) -> Self {
        Self::of(Code::Unavailable)
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Refusal)]
struct Envelope<'a> {
    #[schema(schema_with = always::<false>)]
    success: bool,
    #[schema(inline)]
    error: Body<'a>,
}

/// The same with a result code, which is the `error_code`.
#[derive(Serialize, ToSchema)]
#[schema(as = CodedRefusal)]
struct CodedEnvelope<'a> {
    #[schema(schema_with = always::<false>)]
    success: bool,
    #[schema(schema_with = code::schema)]
    result_code: &'a str,
    #[schema(inline)]
    error: Body<'a>,
}

/// Adds the result code to refusals: systems around contacts expect one in every answer.
pub(crate) async fn with_result_code(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let response = next.call(request).await?;
    let refused = response.response().error().and_then(|error| error.as_error::<Problem>());
    Ok(match refused.map(Problem::to_coded_json) {
        Some(body) => response.map_body(|_, _| BoxBody::new(body)),
        None => response.map_into_boxed_body(),
    })
}

#[derive(Serialize, ToSchema)]
struct Body<'a> {
    #[schema(schema_with = code::schema)]
    error_code: &'a str,
    /// For people.
    error_message: &'a str,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> actix_web::http::StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.code.status());
        if self.code.may_be_repeated() {
            response.insert_header((header::RETRY_AFTER, "1"));
        }
        if self.code == Code::Unauthenticated {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        response.content_type(header::ContentType::json()).body(self.to_json())
    }
}

pub(crate) use code::show_as;
